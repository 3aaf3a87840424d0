export function workbenchUrl(
	server: { readonly port: number; readonly folder: string },
	what?: { readonly tests?: string; readonly open?: string },
): string;
