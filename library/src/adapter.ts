/**
 * What adapters are made of, for frameworks that Coatcheck does not know: published as `coatcheck/adapter`. Our own
 * adapters use nothing else.
 *
 * @example
 * ```ts
 * import { type FetchHandler, type HasEngine, handleFetch } from "coatcheck/adapter";
 *
 * // A framework whose handlers take a Request and answer a Response needs no more than this.
 * const adapter = <Data>({ engine }: HasEngine<Data>) =>
 *   (handler: FetchHandler<Data>) => (request: Request) => handleFetch(engine, request, handler);
 * ```
 */
export * from "./adapter/fetch.ts";
export * from "./adapter/node.ts";
