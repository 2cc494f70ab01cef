// What the person does about messages: what is asked of them first, and what came of it.
import type { Act, Acted, ActOn, Question } from "../api";
import { asFailure, act } from "../bridge";
import { failureInWords } from "./agent.svelte";
import { words } from "../i18n";

/** What came of the latest button of a message. */
export type Outcome = {
  message: number;
  ok: boolean;
  sentence: string;
  /** What no program has copied, for the person to copy. */
  text: string | null;
};

/** What the person is asked, and what for. */
export type Asked = { act: Act; question: Question };

class Acting {
  /** What the person is asked, until they have answered: no other question takes its place. */
  asked: Asked | null = $state.raw(null);
  outcome: Outcome | null = $state.raw(null);
  /** The message whose button was pressed, while it is not known what came of it. */
  busy: number | null = $state(null);

  /** Does something about a message, or asks first. */
  start(message: number, what: ActOn, done = ""): Promise<void> {
    return this.#run({ message, what, language: words.lang }, done);
  }

  /** Does what number of its buttons is for, counted from 1; 0 opens its link. */
  press(message: number, number: number): Promise<void> {
    return this.start(message, number === 0 ? "link" : { action: number - 1 });
  }

  /** The person's answer to what they were asked. */
  async answer(asked: Asked, yes: boolean, remember: boolean): Promise<void> {
    if (this.asked === asked) this.asked = null;
    if (!yes) return;
    await this.#run({ ...asked.act, answer: { asked: asked.question, remember } }, "");
  }

  async #run(asked: Act, done: string): Promise<void> {
    const { message } = asked;
    this.busy = message;
    this.outcome = null;
    try {
      this.#take(asked, await act(asked), done);
    } catch (error) {
      const sentence = failureInWords(asFailure(error), words);
      this.outcome = { message, ok: false, sentence, text: null };
    } finally {
      if (this.busy === message) this.busy = null;
    }
  }

  #take(asked: Act, acted: Acted, done: string): void {
    const { message } = asked;
    if (acted.kind === "ask") this.asked ??= { act: asked, question: acted.asked };
    else if (acted.kind === "copy")
      this.outcome = { message, ok: true, sentence: words.copyIt, text: acted.text };
    else if (acted.kind === "done") {
      const sentence = acted.sentence || done;
      this.outcome = sentence ? { message, ok: acted.ok, sentence, text: null } : null;
    }
  }
}

export const acting = new Acting();
