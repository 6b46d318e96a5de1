"use strict";
// Draws openapi.json. Everything is set as text, never as markup.

const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

const resolve = (spec, schema) =>
  schema && schema.$ref ? spec.components.schemas[schema.$ref.split("/").pop()] : schema;

const shape = (spec, schema, depth = 0) => {
  const name = schema && schema.$ref ? schema.$ref.split("/").pop() : null;
  const known = resolve(spec, schema) || {};
  if (depth > 3) return name || known.type || "…";
  const choices = known.anyOf || known.oneOf;
  if (choices) return choices.map((choice) => shape(spec, choice, depth + 1)).find((one) => one !== "null") ?? null;
  if (known.type === "object" && known.properties) {
    return Object.fromEntries(
      Object.entries(known.properties).map(([key, value]) => [key, shape(spec, value, depth + 1)]),
    );
  }
  if (known.type === "array") return [shape(spec, known.items || {}, depth + 1)];
  if (known.enum) return known.enum.join(" | ");
  return known.format || known.type || "any";
};

const rows = (heads, lines) => {
  const table = make("table");
  const head = table.appendChild(make("tr"));
  heads.forEach((text) => head.append(make("th", text)));
  for (const line of lines) {
    const row = table.appendChild(make("tr"));
    line.forEach((text) => row.append(make("td", text ?? "")));
  }
  return table;
};

const attempt = async (method, path, inputs, body, media, output) => {
  const query = new URLSearchParams();
  const headers = {};
  let address = path;
  for (const [parameter, input] of inputs) {
    if (!input.value) continue;
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    if (parameter.in === "query") query.set(parameter.name, input.value);
    if (parameter.in === "header") headers[parameter.name] = input.value;
  }
  const token = document.getElementById("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = media;
  const asked = String(query) ? `${address}?${query}` : address;
  try {
    const answer = await fetch(asked, { method: method.toUpperCase(), headers, body: body ? body.value : undefined });
    const shown = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const text = await answer.text();
    let pretty = text;
    try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it came */ }
    output.textContent = `${answer.status} ${answer.statusText}\n${shown}\n\n${pretty}`;
  } catch (fault) {
    output.textContent = String(fault);
  }
};

const route = (spec, path, method, operation) => {
  const box = make("details", undefined, { id: operation.operationId });
  const head = box.appendChild(make("summary"));
  head.append(make("span", method.toUpperCase(), { class: "method" }), make("code", path), make("span", ` ${operation.summary}`, { class: "soft" }));
  box.append(make("p", operation.description));
  if (operation.security) box.append(make("p", "Needs Authorization: Bearer <token>.", { class: "soft" }));
  const inputs = (operation.parameters || []).map((parameter) => [parameter, make("input", undefined, { "aria-label": parameter.name })]);
  if (inputs.length) {
    const table = rows(["parameter", "in", "about", "value"], inputs.map(([p]) => [p.name, p.in, p.description]));
    inputs.forEach(([, input], index) => table.rows[index + 1].appendChild(make("td")).append(input));
    box.append(table);
  }
  const content = Object.entries(operation.requestBody?.content || {})[0];
  let body = null;
  if (content) {
    body = make("textarea", undefined, { rows: "8", "aria-label": "request body" });
    body.value = JSON.stringify(shape(spec, content[1].schema), null, 2);
    box.append(make("h4", `Body (${content[0]})`), body);
  }
  const output = make("pre");
  const button = make("button", "Send");
  button.addEventListener("click", () => attempt(method, path, inputs, body, content?.[0], output));
  box.append(button, output, make("h4", "Answers"));
  box.append(rows(["status", "meaning"], Object.entries(operation.responses).map(([status, one]) => [status, one.description])));
  const good = operation.responses["200"]?.content?.["application/json"];
  if (good) box.append(make("pre", JSON.stringify(shape(spec, good.schema), null, 2)));
  return box;
};

const draw = (spec) => {
  document.getElementById("about").textContent = `${spec.info.description} Version ${spec.info.version}.`;
  const index = document.getElementById("index");
  const main = document.getElementById("routes");
  main.replaceChildren();
  const groups = new Map();
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0] || "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, operation]);
    }
  }
  for (const [tag, routes] of groups) {
    main.append(make("h2", tag));
    for (const [path, method, operation] of routes) {
      index.append(make("a", `${method.toUpperCase()} ${path}`, { href: `#${operation.operationId}` }));
      main.append(route(spec, path, method, operation));
    }
  }
  const open = () => { const box = document.getElementById(location.hash.slice(1)); if (box) box.open = true; };
  addEventListener("hashchange", open);
  open();
};

fetch("/openapi.json").then((answer) => answer.json()).then(draw, (fault) => {
  document.getElementById("routes").textContent = `The document could not be read: ${fault}`;
});
