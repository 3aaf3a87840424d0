/** What each instruction does. */
import type { Instruction } from "../../program/program.ts";
import { irqWord } from "../layout.ts";
import { load, reload, store, update } from "./accesses.ts";
import { changeContext, contextValue, irqsDisabledOn, mightSleep, quiesce, readers } from "./contexts.ts";
import { disabledStep, type Execution } from "./execution.ts";
import { allocateObject, callRcu, endThread, freeObject } from "./lifetimes.ts";
import { askWhetherHeld, downgradeLock, releaseLock, takeLock } from "./locking.ts";

/** Executes one instruction; the next program counter, or one of the negative markers of execution.ts. */
export function execute(step: Execution, instruction: Instruction): number {
	switch (instruction.kind) {
		case "assign":
			step.setRegister(instruction.register, step.value(instruction.value));
			return instruction.next;
		case "branch":
			return step.value(instruction.condition) !== 0 ? instruction.then : instruction.otherwise;
		case "choose":
			step.setRegister(instruction.register, instruction.low + step.choose(instruction.high - instruction.low + 1));
			return instruction.next;
		case "check":
			if (step.value(instruction.condition) === 0)
				step.fault = { kind: instruction.violation, detail: instruction.message };
			return instruction.next;
		case "await":
			return step.value(instruction.condition) !== 0 ? instruction.next : disabledStep;
		case "might_sleep":
			return mightSleep(step, instruction);
		case "fence":
			return instruction.next;
		case "holds":
			return askWhetherHeld(step, instruction);
		case "context_get":
			step.setRegister(instruction.register, contextValue(step, instruction.context));
			return instruction.next;
		case "end":
			return endThread(step);
		case "load":
			return load(step, instruction);
		case "reload":
			return reload(step, instruction);
		case "store":
			return store(step, instruction);
		case "update":
			return update(step, instruction);
		case "lock":
			return takeLock(step, instruction);
		case "unlock":
			return releaseLock(step, instruction);
		case "downgrade":
			return downgradeLock(step, instruction);
		case "is_locked": {
			const cell = step.cellOf(instruction.lock);
			if (cell >= 0) step.setRegister(instruction.register, step.read(cell) !== 0 ? 1 : 0);
			return instruction.next;
		}
		case "context":
			return changeContext(step, instruction);
		case "context_set":
			step.words[step.base + irqWord] = step.value(instruction.value) !== 0 ? 1 : 0;
			quiesce(step);
			return instruction.next;
		case "irqs_disabled_on":
			return irqsDisabledOn(step, instruction);
		case "grace_period_begin":
			step.words[step.layout.gracePeriods + instruction.gracePeriod] = readers(step);
			return instruction.next;
		case "grace_period_end":
			return step.words[step.layout.gracePeriods + instruction.gracePeriod] === 0 ? instruction.next : disabledStep;
		case "call_rcu":
			return callRcu(step, instruction);
		case "allocate":
			return allocateObject(step, instruction);
		case "free":
			return freeObject(step, instruction);
	}
}
