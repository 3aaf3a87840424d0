/** What the rules say that stand at the accesses of a race. */
import { ruleFacts } from "../../engine/rules/prose.ts";
import type { Location } from "../../engine/verdict/verdict.ts";
import type { Requests, RuleText } from "../protocol.ts";
import type { Feature } from "../services.ts";

type Rules = Requests["mmscn/rules"];

export const rules: Feature = {
	register({ connection, documents, rules: loader }) {
		connection.onRequest("mmscn/rules", async ({ ids }: Rules["params"]): Promise<Rules["result"]> => {
			const book = await loader.book();
			const texts = ids.flatMap((id): RuleText[] => {
				const rule = book.rules.get(id);
				if (rule === undefined) return [];
				const entry = rule.entries[0];
				const document = entry && documents.document(entry.file);
				const start = document?.positionAt(entry?.pos ?? 0);
				const end = document?.positionAt(entry?.end ?? 0);
				const location: Location | undefined = entry &&
					start &&
					end && {
						file: entry.file,
						line: start.line + 1,
						column: start.character + 1,
						endLine: end.line + 1,
						endColumn: end.character + 1,
					};
				return [{ id, statement: rule.statement, facts: ruleFacts(rule), ...(location && { location }) }];
			});
			return { rules: texts };
		});
	},
};
