import type { ChildProcess } from "node:child_process";
import type { Browser, Page } from "playwright-core";

export interface Server {
	readonly port: number;
	readonly folder: string;
	readonly child: ChildProcess;
	stop(): Promise<void>;
}

/** Changes the colour theme of an open workbench, by its label. */
export function chooseTheme(page: Page, label: string): Promise<void>;

export function openWorkbench(options?: {
	readonly settings?: Record<string, unknown>;
	readonly env?: Record<string, string>;
	readonly viewport?: { readonly width: number; readonly height: number };
}): Promise<{
	readonly page: Page;
	readonly browser: Browser;
	readonly server: Server;
	readonly workspace: { readonly folder: string; remove(): void };
	readonly errors: string[];
	failed(): Promise<unknown>;
	close(): Promise<void>;
}>;
