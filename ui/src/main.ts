// Starts the page.
import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { words } from "./i18n";

document.documentElement.lang = words.lang;
mount(App, { target: document.body });
