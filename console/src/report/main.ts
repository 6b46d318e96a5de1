// The report that is one file: the answer is in the page, and nothing is requested.
import { mount } from "svelte";
import "../base.css";
import Report from "./Report.svelte";
import { contentOf } from "./content.ts";

const target = document.getElementById("app");
const data = document.getElementById("content")?.textContent;
if (target !== null && data != null) mount(Report, { target, props: { content: contentOf(data) } });
