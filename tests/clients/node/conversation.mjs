// A journey's talk with its test over standard input and output, one JSON object a line.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Tell the test something and wait for what it says. */
async function ask(question) {
  process.stdout.write(JSON.stringify(question) + "\n");
  const { value, done } = await lines.next();
  if (done) throw new Error("the test went away");
  return JSON.parse(value);
}

/** Send the person's browser there; answers the request with which it came back to the site. */
export async function visit(url) {
  const { landed, form } = await ask({ visit: url.href ?? url });
  if (form === null) return new URL(landed);
  return new Request(landed, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form),
  });
}

/** Let the person approve a device; answers when they have. */
export async function approve(device) {
  await ask({ approve: device });
}

/** Run the journey that the test names, tell its outcome, and end. */
export async function run(journeys) {
  const start = JSON.parse((await lines.next()).value);
  try {
    const outcome = await journeys[start.journey](start);
    process.stdout.write(JSON.stringify({ outcome }) + "\n");
    process.exit(0);
  } catch (failure) {
    const cause = failure.cause instanceof Error ? failure.cause.message : failure.cause;
    const { error, error_description, code } = failure;
    process.stdout.write(
      JSON.stringify({ failure: { message: failure.message, code, error, error_description, cause, stack: failure.stack } }) + "\n",
    );
    process.exit(1);
  }
}
