/** The tree view of every distinct race; selecting one shows it in the counterexample view. */
import * as vscode from "vscode";
import { type RaceGroup, type RaceLeaf, raceTree } from "./raceTree.ts";
import type { DocumentResults, ResultsByDocument } from "./results.ts";

type Node = RaceGroup | RaceLeaf;

const isGroup = (node: Node): node is RaceGroup => "races" in node;

export class RaceView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
	private readonly results: ResultsByDocument;
	private readonly view: vscode.TreeView<Node>;
	private readonly changed = new vscode.EventEmitter<undefined>();
	private readonly subscriptions: vscode.Disposable[];
	private uri: string | undefined;
	private groups: readonly RaceGroup[] = [];

	readonly onDidChangeTreeData = this.changed.event;

	/** `show` is called with a document whose race was put on show. */
	constructor(results: ResultsByDocument, show: (uri: string) => void) {
		this.results = results;
		this.view = vscode.window.createTreeView("mmscn.races", { treeDataProvider: this });
		this.subscriptions = [
			results.onDidChange((uri) => this.follow(uri)),
			vscode.window.onDidChangeActiveTextEditor((editor) => {
				const uri = editor?.document.uri.toString();
				if (uri !== undefined && this.results.get(uri)?.races) this.follow(uri);
			}),
			vscode.commands.registerCommand("mmscn.showRace", (at: number) => {
				if (this.uri === undefined) return;
				this.results.showRace(this.uri, at);
				show(this.uri);
			}),
		];
	}

	/** The groups on show. */
	get shown(): readonly RaceGroup[] {
		return this.groups;
	}

	private follow(uri: string): void {
		const known = this.results.get(uri);
		if (!known?.races && uri !== this.uri) return;
		const before = this.uri === uri ? this.groups : [];
		this.uri = known?.races ? uri : undefined;
		this.groups = known?.races ? raceTree(known.races.found) : [];
		this.view.description = known?.races?.found.check ?? "";
		const message = messageOf(known);
		if (this.view.message !== message) this.view.message = message;
		if (JSON.stringify(before) !== JSON.stringify(this.groups)) this.changed.fire(undefined);
	}

	getChildren(node?: Node): Node[] {
		if (!node) return [...this.groups];
		return isGroup(node) ? [...node.races] : [];
	}

	getTreeItem(node: Node): vscode.TreeItem {
		const { Expanded, None } = vscode.TreeItemCollapsibleState;
		const item = new vscode.TreeItem(node.label, isGroup(node) ? Expanded : None);
		item.description = node.description;
		if (isGroup(node)) item.iconPath = new vscode.ThemeIcon("warning");
		else {
			item.tooltip = node.tooltip;
			item.command = { command: "mmscn.showRace", title: "Show race", arguments: [node.at] };
		}
		return item;
	}

	dispose(): void {
		for (const one of [...this.subscriptions, this.view, this.changed]) one.dispose();
	}
}

/** What is to be said above the races; "" for nothing. */
function messageOf(known: DocumentResults | undefined): string {
	if (!known?.races) return "";
	const { found } = known.races;
	const { stats } = found;
	if (known.stale) return "The text has changed since this search.";
	if (stats.limit) return `Stopped by the limit on ${stats.limit}: there may be more.`;
	const weak = found.memory === "lkmm";
	const only = weak
		? `${found.check} asks for the Linux-kernel memory model: what takes weak memory is not listed here, only what interleavings show. Explore the check for that.`
		: "";
	if (found.races.length > 0) return only;
	return ["No interleaving goes wrong. Livelocks are not searched for here.", only].join(" ").trim();
}
