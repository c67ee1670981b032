// Draws the AsyncAPI document: what clients send, what they are told. Only text goes into the page.
"use strict";

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

// `code` and [links](/to/somewhere of this origin) of Markdown, everything else as it stands.
function said(text) {
  const parts = text.split(/(`[^`]+`|\[[^\]]+\]\(\/[^)]*\)|\*[^*\s][^*]*\*)/);
  return parts.map((part) => {
    if (part.startsWith("`") && part.length > 1) return el("code", {}, part.slice(1, -1));
    if (part.startsWith("*") && part.length > 1) return el("em", {}, part.slice(1, -1));
    const link = part.match(/^\[([^\]]+)\]\((\/[^)]*)\)$/);
    return link ? el("a", { href: link[2] }, link[1]) : part;
  });
}

function paragraphs(text) {
  return text.split(/\n\n+/).map((one) => el("p", {}, ...said(one.replace(/\n(?!- )/g, " "))));
}

class Page {
  constructor(asyncapi) {
    this.doc = asyncapi;
    this.messages = asyncapi.components.messages;
  }

  follow(schema) {
    let found = schema;
    while (found.$ref) {
      const steps = found.$ref.slice(2).split("/");
      found = steps.reduce((node, step) => node[step], this.doc);
    }
    return found;
  }

  kind(given) {
    const schema = this.follow(given);
    if ("const" in schema) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
    const some = schema.anyOf || schema.oneOf;
    if (some) return some.map((one) => this.kind(one)).join(" | ");
    if (schema.type === "array") return `[${schema.items ? this.kind(schema.items) : ""}]`;
    const bounds = [
      ["minLength", "≥ "], ["maxLength", "≤ "], ["minimum", "≥ "], ["maximum", "≤ "],
      ["minItems", "≥ "], ["maxItems", "≤ "],
    ].filter(([key]) => key in schema).map(([key, sign]) => sign + schema[key]);
    const name = schema.format || (schema.pattern ? `${schema.type} ${schema.pattern}` : schema.type);
    return [name || "anything", ...bounds].join(", ");
  }

  // The object behind a schema, if there is one to look into.
  object(given) {
    const schema = this.follow(given);
    if (schema.properties) return schema;
    if (schema.allOf) return schema.allOf.map((one) => this.object(one)).find(Boolean);
    if (schema.items) return this.object(schema.items);
    return (schema.anyOf || []).map((one) => this.object(one)).find(Boolean);
  }

  rows(schema, depth = 0, above = []) {
    const object = this.object(schema);
    if (!object || above.includes(object)) return [];
    const needed = new Set(object.required || []);
    return Object.entries(object.properties).flatMap(([name, field]) => {
      const about = field.description || this.follow(field).description || "";
      const cell = el("td", { class: `${needed.has(name) ? "needed" : ""} ${depth ? "deeper" : ""}` },
        "· ".repeat(Math.max(0, depth - 1)) + name);
      return [
        el("tr", {}, cell, el("td", { class: "kind" }, this.kind(field)), el("td", {}, ...said(about))),
        ...this.rows(field, depth + 1, [...above, object]),
      ];
    });
  }

  payload(name) {
    const frame = this.messages[name].payload;
    const rows = this.rows({ type: "object", ...frame.properties.payload && this.object(frame.properties.payload) });
    const place = frame.properties.seq ? "A room event: epoch and seq stand beside the payload." : "";
    return [
      place && el("p", {}, place),
      rows.length ? el("table", {}, ...rows) : el("p", {}, "The payload is empty."),
    ].filter(Boolean);
  }

  links(names) {
    return names.flatMap((name, index) => [
      index ? ", " : "",
      el("a", { href: `#${name}` }, this.messages[name].name),
    ]);
  }

  ask(name, operation) {
    const replies = operation.reply.messages.map((one) => one.$ref.split("/").pop());
    const refusal = this.messages[replies[replies.length - 1]];
    const role = operation["x-role"];
    return el("article", { id: name, class: "ask" },
      el("h3", {}, operation.title,
        role && role !== "guest" ? el("span", { class: "badge" }, role === "host" ? "host" : `${role} and host`) : null,
        operation["x-in-lobby"] ? el("span", { class: "badge" }, "also from the lobby") : null),
      ...paragraphs(this.messages[name].description),
      el("h4", {}, "Payload"), ...this.payload(name),
      el("h4", {}, "Answered with"), el("p", {}, ...this.links(replies.slice(0, -1))),
      operation["x-tells"].length ? el("h4", {}, "Tells others") : null,
      operation["x-tells"].length ? el("p", {}, ...this.links(operation["x-tells"])) : null,
      el("h4", { id: replies[replies.length - 1] }, "Refused with"),
      el("table", {}, ...refusal.examples.map((example) => {
        const problem = example.payload.payload;
        return el("tr", {}, el("td", { class: "no" }, problem.type), el("td", { class: "kind" }, String(problem.status)),
          el("td", {}, problem.title));
      })));
  }

  tell(name) {
    const message = this.messages[name];
    return el("article", { id: name, class: "tell" },
      el("h3", {}, message.name), ...paragraphs(message.description),
      message.name === "error" ? null : el("h4", {}, "Payload"),
      ...(message.name === "error" ? [] : this.payload(name)));
  }

  draw() {
    const operations = Object.entries(this.doc.operations);
    const asks = operations.filter(([, one]) => one.action === "receive");
    const told = operations.filter(([, one]) => one.action === "send").map(([name]) => name);
    const replies = [...new Set(asks.flatMap(([, one]) =>
      one.reply.messages.slice(0, -1).map((reply) => reply.$ref.split("/").pop())))].sort();
    const info = this.doc.info;
    document.getElementById("document").replaceChildren(
      el("h1", {}, info.title, " ", el("small", {}, info.version)),
      ...paragraphs(info.description),
      el("p", {}, ...said("As a document: [asyncapi.json](/asyncapi.json). An asterisk marks what is always there.")),
      el("section", {}, el("h2", {}, "What clients send"), ...asks.map(([name, one]) => this.ask(name, one))),
      el("section", {}, el("h2", {}, "What clients are told"), ...told.map((name) => this.tell(name))),
      el("section", {}, el("h2", {}, "Replies"), ...replies.map((name) => this.tell(name))));
    const list = (title, names) => [el("h2", {}, title),
      ...names.map((name) => el("a", { href: `#${name}` }, this.messages[name].name))];
    document.getElementById("contents").replaceChildren(
      ...list("Clients send", asks.map(([name]) => name)), ...list("Clients are told", told), ...list("Replies", replies));
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }
}

fetch("/asyncapi.json").then((response) => response.json()).then((asyncapi) => new Page(asyncapi).draw());
