/** Hands out items from the greatest down, and orders no more of them than are asked for: a heap. */

/** Linear to begin with, then logarithmic an item. Equal ones come in no particular order. */
export function* bestFirst<T>(items: readonly T[], weightOf: (item: T) => number): Generator<T, void> {
  const heap = [...items];
  const weigh = (index: number): number => {
    const item = heap[index];
    return item === undefined ? -Infinity : weightOf(item);
  };
  const sink = (from: number): void => {
    for (let parent = from; ;) {
      const left = 2 * parent + 1;
      const child = weigh(left + 1) > weigh(left) ? left + 1 : left;
      const [above, below] = [heap[parent], heap[child]];
      if (above === undefined || below === undefined || weightOf(below) <= weightOf(above)) return;
      heap[parent] = below;
      heap[child] = above;
      parent = child;
    }
  };
  for (let parent = (heap.length >> 1) - 1; parent >= 0; parent -= 1) sink(parent);
  while (heap.length > 0) {
    const [best] = heap;
    const last = heap.pop();
    if (best === undefined || last === undefined) return;
    if (heap.length > 0) {
      heap[0] = last;
      sink(0);
    }
    yield best;
  }
}
