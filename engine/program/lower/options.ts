/** How a check is lowered, beyond what it says itself. */
export interface LowerOptions {
	/** Kernel version where the scenario names none. */
	readonly defaultVersion: { readonly major: number; readonly minor: number };
	/** Whether the compiler may repeat plain loads. */
	readonly reload: boolean;
	/** Memory model that overrides the check's own. */
	readonly memory?: "sc" | "lkmm";
}

export const defaultLowerOptions: LowerOptions = { defaultVersion: { major: 6, minor: 12 }, reload: true };
