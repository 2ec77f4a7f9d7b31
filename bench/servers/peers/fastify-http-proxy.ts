/** A proxy as it is written with Fastify: every request on to the upstream, and no caller authenticated. */
import proxy from "@fastify/http-proxy";
import Fastify from "fastify";
import { given, serve } from "../serving.ts";

const app = Fastify();
await app.register(proxy, { upstream: given() });
await app.ready();
serve(app.server, []);
