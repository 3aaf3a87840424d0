/** Grace periods and read-side critical sections, RCU and SRCU: rcu-order of linux-kernel.cat. */
import { add, has, type Relation, relation, type Size } from "./relation.ts";

export interface RcuEvents {
	readonly gracePeriods: readonly number[];
	/** Lock and unlock of each reader. */
	readonly sections: readonly (readonly [number, number])[];
	readonly sleepableGracePeriods: readonly number[];
	readonly sleepableSections: readonly (readonly [number, number])[];
}

/** rcu-order of linux-kernel.cat: chains with at least as many grace periods as readers. */
export function rcuOrder(size: Size, link: Relation, location: Int16Array, rcu: RcuEvents): Relation {
	const order = relation(size);
	const pairs: [number, number][] = [];
	const put = (from: number, to: number) => {
		if (has(order, size, from, to)) return;
		add(order, size, from, to);
		pairs.push([from, to]);
	};
	for (const gp of rcu.gracePeriods) put(gp, gp);
	for (const gp of rcu.sleepableGracePeriods) put(gp, gp);
	const flavours = [
		{ gps: rcu.gracePeriods, sections: rcu.sections, sleepable: false },
		{ gps: rcu.sleepableGracePeriods, sections: rcu.sleepableSections, sleepable: true },
	];
	const bridge = (linked: (from: number, to: number) => boolean) => {
		for (const { gps, sections, sleepable } of flavours) {
			for (const gp of gps) {
				for (const [lock, unlock] of sections) {
					if (sleepable && location[gp] !== location[lock]) continue;
					if (linked(gp, unlock)) put(gp, lock);
					if (linked(lock, gp)) put(unlock, gp);
				}
			}
		}
	};
	bridge((from, to) => has(link, size, from, to));
	for (let done = -1; done !== pairs.length; ) {
		done = pairs.length;
		bridge((from, to) => pairs.some(([first, last]) => has(link, size, from, first) && has(link, size, last, to)));
		for (let i = 0; i < pairs.length; i++) {
			for (let j = 0; j < pairs.length; j++) {
				const [a, b] = pairs[i] as [number, number];
				const [c, d] = pairs[j] as [number, number];
				if (has(link, size, b, c)) put(a, d);
			}
		}
	}
	return order;
}
