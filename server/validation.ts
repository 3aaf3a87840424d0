/** What the rules that need no search say about a document: of the user's own files only, the kernel model is as it is. */
import type { Diagnostic } from "../engine/language/syntax.ts";
import { validate } from "../engine/language/validation/validate.ts";
import type { Analysis } from "./documents.ts";
import { kernelPath } from "./kernelModel.ts";

/** Warnings and information, by place; none for a file of the kernel model. */
export function validationOf({ module }: Analysis): readonly Diagnostic[] {
	return kernelPath(module.file) === undefined ? validate(module) : [];
}
