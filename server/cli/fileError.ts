/** A mistake in a file that is to be searched. */
export interface FileError {
	/** As it is printed: the path that the user gave, or the URI of a file of the kernel model. */
	readonly file: string;
	/** From 1; columns count UTF-16 code units. */
	readonly line: number;
	readonly column: number;
	readonly severity: "error" | "warning";
	/** "unknown-name"; "unreadable" for a file that cannot be read. */
	readonly code: string;
	readonly message: string;
}

/** `file:line:column: error: message`, as compilers write it. */
export function errorLine(error: FileError): string {
	return `${error.file}:${error.line}:${error.column}: ${error.severity}: ${error.message}`;
}
