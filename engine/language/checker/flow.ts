/** Whether control can reach the end of a statement. */
import type { Statement } from "../syntax.ts";

/** Whether the end of a function's statements can be reached, which is a mistake where a value must be returned. */
export function reachesEnd(statements: readonly Statement[]): boolean {
	return sequence(statements, true);
}

function sequence(statements: readonly Statement[], reachable: boolean): boolean {
	let here = reachable;
	for (const statement of statements) here = completes(statement, here);
	return here;
}

/** `reachable`: whether control arrives at the statement. Labels are taken to be jumped to. */
function completes(node: Statement, reachable: boolean): boolean {
	switch (node.kind) {
		case "block":
			return sequence(node.statements, reachable);
		case "atomic":
			return sequence(node.body.statements, reachable);
		case "if": {
			const then = completes(node.then, reachable);
			const otherwise = node.otherwise === undefined ? reachable : completes(node.otherwise, reachable);
			return then || otherwise;
		}
		case "while": {
			const body = completes(node.body, reachable);
			return (isEndless(node.condition.constant) ? false : reachable || body) || leavesBy(node.body, "break");
		}
		case "do": {
			const body = completes(node.body, reachable) || leavesBy(node.body, "continue");
			return (body && !isEndless(node.condition.constant)) || leavesBy(node.body, "break");
		}
		case "for": {
			completes(node.body, reachable);
			const endless = node.condition === undefined || isEndless(node.condition.constant);
			return (endless ? false : reachable) || leavesBy(node.body, "break");
		}
		case "switch": {
			const body = completes(node.body, false);
			return body || leavesBy(node.body, "break") || (reachable && !hasDefault(node.body));
		}
		case "case":
		case "label":
			return true;
		case "goto":
		case "break":
		case "continue":
		case "return":
			return false;
		case "error":
			// Whatever was meant: a mistake is not to cause another.
			return false;
		default:
			return reachable;
	}
}

function isEndless(constant: number | undefined): boolean {
	return constant !== undefined && constant !== 0;
}

/** Whether a `break` or `continue` in a loop's body is for that loop. */
function leavesBy(node: Statement, kind: "break" | "continue"): boolean {
	switch (node.kind) {
		case "break":
		case "continue":
			return node.kind === kind;
		case "block":
			return node.statements.some((statement) => leavesBy(statement, kind));
		case "atomic":
			return leavesBy(node.body, kind);
		case "if":
			return leavesBy(node.then, kind) || (node.otherwise !== undefined && leavesBy(node.otherwise, kind));
		case "switch":
			return kind === "continue" && leavesBy(node.body, kind);
		default:
			return false;
	}
}

function hasDefault(node: Statement): boolean {
	switch (node.kind) {
		case "case":
			return node.value === undefined;
		case "block":
			return node.statements.some(hasDefault);
		case "if":
			return hasDefault(node.then) || (node.otherwise !== undefined && hasDefault(node.otherwise));
		default:
			return false;
	}
}
