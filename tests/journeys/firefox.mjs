/* global document, innerWidth -- in the functions that the page runs */
// A shopper in Firefox, by WebDriver BiDi: node firefox.mjs PROGRAM SITE
//
// Buys as a guest, pays, and watches the order. Says each step as a line of JSON. A line on standard input,
// {"until": "Preparing"}, asks for the moment at which the page says so; the end of the input ends it.

import { createInterface } from "node:readline";

import { launch } from "puppeteer-core";

const [program, site] = process.argv.slice(2);
const say = (step) => process.stdout.write(`${JSON.stringify(step)}\n`);

const browser = await launch({ browser: "firefox", executablePath: program, headless: true });
const page = await browser.newPage();
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));
page.setDefaultTimeout(30_000);

const press = (name) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click();
const fill = (label, text) =>
  page.locator(`::-p-xpath(//*[@id=//label[normalize-space(text()[1])="${label}"]/@for])`).fill(text);
const says = (selector, text) =>
  page.waitForFunction((at, wanted) => document.querySelector(at)?.textContent.includes(wanted), {}, selector, text);

await page.setViewport({ width: 390, height: 844 });
await page.goto(`${site}/products/enamel-milk-pan/`);
await press("Add to cart");
await press("Checkout");
await page.locator("#id_name").wait();
for (const [label, text] of Object.entries({
  Email: "mara.kraus@example.com",
  "Full name": "Mara Kraus",
  Address: "Lindenstraße 4",
  City: "Leipzig",
  "Postal code": "04109",
})) {
  await fill(label, text);
}
await press("Place order with obligation to pay");
await fill("Card number", "4242 4242 4242 4242");
await press("Pay now");
await says("[role=status]", "Paid");
await says("[data-connection]", "live");
say({ paid: await page.$eval('[data-stream^="order:"]', (root) => root.dataset.stream.slice("order:".length)) });
for await (const line of createInterface({ input: process.stdin })) {
  const { until } = JSON.parse(line);
  if (until) await says("[role=status]", until);
  const [status, title, connection] = await page.evaluate(() => [
    document.querySelector("[role=status]").textContent.trim().replace(/\s+/g, " "),
    document.title,
    document.querySelector("[data-connection]").textContent,
  ]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  say({ status, title, connection, wide, complaints });
}
await browser.close();
