// VS Code's logger is native; this one appends to the same files.
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

const levels = ["trace", "debug", "info", "warn", "error", "critical"];

class Logger {
	constructor(file) {
		this.file = file;
		this.level = levels.indexOf("info");
		mkdirSync(dirname(file), { recursive: true });
	}
	setLevel(level) {
		this.level = level;
	}
	setPattern() {}
	clearFormatters() {}
	flush() {}
	drop() {}
}

for (const [rank, name] of levels.entries()) {
	Logger.prototype[name] = function (message) {
		if (rank >= this.level) appendFileSync(this.file, `[${name}] ${message}\n`);
	};
}

export function setFlushOn() {}

export async function createAsyncRotatingLogger(_name, file) {
	return new Logger(file);
}

export async function createRotatingLogger(_name, file) {
	return new Logger(file);
}
