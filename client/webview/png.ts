/** A picture that stands alone, as PNG: the view can draw, the extension cannot. */

/** Pixels of the PNG for each of the picture's own, so that it is sharp where it is shown larger. */
const scale = 2;

/** The SVG as PNG, in base64. Rejects when the browser cannot draw it. */
export async function pngOf(svg: string): Promise<string> {
	const image = new Image();
	const drawn = new Promise<void>((resolve, reject) => {
		image.onload = () => resolve();
		image.onerror = () => reject(new Error("the picture cannot be drawn"));
	});
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
	await drawn;
	const canvas = document.createElement("canvas");
	canvas.width = image.naturalWidth * scale;
	canvas.height = image.naturalHeight * scale;
	const context = canvas.getContext("2d");
	if (!context) throw new Error("there is nothing to draw on");
	context.drawImage(image, 0, 0, canvas.width, canvas.height);
	return canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "");
}
