// Starts the page.
import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { words } from "./words";

document.documentElement.lang = words.lang;
mount(App, { target: document.body });
