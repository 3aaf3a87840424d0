// VS Code's own is a native thread; ours ends the extension host once the server that started it is gone.
const pollMilliseconds = 3000;

exports.start = (serverProcess) => {
	setInterval(() => {
		try {
			process.kill(serverProcess, 0);
		} catch {
			process.exit(87);
		}
	}, pollMilliseconds).unref();
};
