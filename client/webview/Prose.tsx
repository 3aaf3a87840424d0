/** Prose in which statements stand between back quotes. */
export function Prose({ text }: { readonly text: string }) {
	return (
		<>
			{text
				.split("`")
				.map((part, index) => (index % 2 === 1 ? <code key={index}>{part.replace(/;$/, "")}</code> : part))}
		</>
	);
}
