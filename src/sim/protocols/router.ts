/** Finds the route of a request. A placeholder, `{order_id}`, stands for one part of the path. */

interface NamedRoute {
  /** Method and path: `GET /v3/orders/{order_id}`. */
  readonly name: string;
}

export interface FoundRoute<T extends NamedRoute> {
  readonly route: T;
  /** Values of the placeholders. */
  readonly path: ReadonlyMap<string, string>;
}

/** Routes without placeholders go first. */
export function createRouter<T extends NamedRoute>(
  routes: readonly T[],
): (method: string, path: string) => FoundRoute<T> | null {
  const exact = new Map(routes.filter(({ name }) => !name.includes('{')).map((route) => [route.name, route]));
  const patterns = routes
    .filter(({ name }) => name.includes('{'))
    .map((route) => ({ route, parts: partsOf(route.name) }));
  return (method, path) => {
    const name = `${method} ${path}`;
    const route = exact.get(name);
    if (route !== undefined) return { route, path: new Map() };
    const parts = partsOf(name);
    for (const pattern of patterns) {
      const found = match(pattern.parts, parts);
      if (found !== null) return { route: pattern.route, path: found };
    }
    return null;
  };
}

function partsOf(name: string): string[] {
  return name.split('/');
}

function match(pattern: readonly string[], parts: readonly string[]): ReadonlyMap<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const values = new Map<string, string>();
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (expected.startsWith('{')) values.set(expected.slice(1, -1), decoded(part));
    else if (expected !== part) return null;
  }
  return values;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
