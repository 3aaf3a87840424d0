/** The kernel version that hovers speak of, for a client that shows it. */
import type { Requests } from "../protocol.ts";
import type { Feature } from "../services.ts";

type KernelVersion = Requests["mmscn/kernelVersion"];

export const kernelVersion: Feature = {
	register({ connection, documents, eras }) {
		connection.onRequest(
			"mmscn/kernelVersion",
			async ({ uri, offset }: KernelVersion["params"]): Promise<KernelVersion["result"]> => {
				const era = await eras.of(uri, documents.analysis(uri)?.tree, offset);
				return era === undefined ? {} : { version: `v${era.version.major}.${era.version.minor}`, from: era.from };
			},
		);
	},
};
