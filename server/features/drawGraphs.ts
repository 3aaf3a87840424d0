/** Where everything of execution graphs stands in a picture: the counterexample view draws what it is told. */
import { layoutGraph } from "../../engine/verdict/graphLayout.ts";
import type { Requests } from "../protocol.ts";
import type { Feature } from "../services.ts";

type DrawGraphs = Requests["mmscn/drawGraphs"];

export const drawGraphs: Feature = {
	register({ connection }) {
		connection.onRequest("mmscn/drawGraphs", ({ graphs }: DrawGraphs["params"]): DrawGraphs["result"] => ({
			pictures: graphs.map((graph) => ({ cycle: layoutGraph(graph), all: layoutGraph(graph, { all: true }) })),
		}));
	},
};
