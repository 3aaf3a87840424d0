/**
 * A litmus test in the C flavour that the kernel uses: initial values, processes, and what is asked about the outcome.
 * The form is herdtools7's; see https://diy.inria.fr/doc/herd.html and the kernel's
 * tools/memory-model/Documentation/litmus-tests.txt.
 */
import type { FunctionItem, Range } from "../language/syntax.ts";

/** A place whose final value can be asked for: `x`, or `0:r1` for a register of a process. */
export interface Place extends Range {
	/** Process of a register; undefined for shared memory. */
	readonly process: number | undefined;
	readonly name: string;
}

/** A number, or the address of a location by its name. */
export type LitmusValue =
	| { readonly kind: "number"; readonly value: number }
	| { readonly kind: "address"; readonly name: string };

export interface InitialValue extends Range {
	readonly place: Place;
	/** Type as written, without the name; undefined for a bare `x = 1`. */
	readonly type: string | undefined;
	readonly value: LitmusValue;
}

export type Condition =
	| { readonly kind: "equal"; readonly place: Place; readonly value: LitmusValue }
	| { readonly kind: "same"; readonly left: Place; readonly right: Place }
	| { readonly kind: "not"; readonly operand: Condition }
	| { readonly kind: "and" | "or" | "implies"; readonly left: Condition; readonly right: Condition }
	| { readonly kind: "constant"; readonly value: boolean };

export type Quantifier = "exists" | "not_exists" | "forall";

export interface Process extends Range {
	readonly number: number;
	readonly function: FunctionItem;
}

export interface LitmusTest {
	readonly name: string;
	readonly text: string;
	readonly initial: readonly InitialValue[];
	readonly processes: readonly Process[];
	readonly locations: readonly Place[];
	readonly filter: Condition | undefined;
	readonly quantifier: Quantifier;
	readonly condition: Condition;
	/** Source of the condition with its quantifier, white space folded. */
	readonly conditionText: string;
	readonly conditionRange: Range;
}
