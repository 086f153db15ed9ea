// An app made with @slack/bolt that uses all that the stand-in plays; ../bolt_app.py is the same in Python.
// Its environment says where Slack is (SLACK_API_URL) and who it is; with PORT it takes requests, else it uses Socket Mode.
"use strict";

const { App, LogLevel } = require("@slack/bolt");

const CITIES = ["Berlin", "Bergen", "Bern", "Lisbon"];
const { SLACK_API_URL, SLACK_APP_TOKEN, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, PORT } = process.env;

const app = new App({
  token: SLACK_BOT_TOKEN,
  signingSecret: SLACK_SIGNING_SECRET,
  logLevel: LogLevel.WARN,
  clientOptions: { slackApiUrl: SLACK_API_URL },
  ...(PORT ? {} : { socketMode: true, appToken: SLACK_APP_TOKEN }),
});

const plain = (text) => ({ type: "plain_text", text });

const button = (text, actionId) => ({
  type: "actions",
  block_id: "buttons",
  elements: [{ type: "button", action_id: actionId, text: plain(text) }],
});

const form = (title) => ({
  type: "modal",
  callback_id: "form",
  title: plain(title),
  submit: plain("Go"),
  notify_on_close: true,
  blocks: [
    { type: "input", block_id: "note", label: plain("Note"), element: { type: "plain_text_input", action_id: "note" } },
    {
      type: "input",
      block_id: "city",
      label: plain("City"),
      element: { type: "external_select", action_id: "city", min_query_length: 2 },
      optional: true,
    },
    button("More", "more"),
  ],
});

// Slack's error and what it says of it, as the SDK hands it on.
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    const { error: name, needed, response_metadata: metadata } = error.data;
    return [name, needed, ...(metadata?.messages ?? [])].filter(Boolean).join(" | ");
  }
  return "accepted";
}

app.command("/go", async ({ ack, client, command, respond }) => {
  const [word, ...words] = command.text.split(" ");
  const rest = words.join(" ");
  const user = command.user_id;
  switch (word) {
    case "late":
      await new Promise((resolve) => setTimeout(resolve, 4000));
      return ack("too late");
    case "form":
      await ack();
      return client.views.open({ trigger_id: command.trigger_id, view: form("A form") });
    case "upload": {
      await ack();
      const { channel } = await client.chat.postMessage({ channel: user, text: "a file comes" });
      return client.filesUploadV2({
        filename: rest,
        content: `content of ${rest}`,
        channel_id: channel,
        initial_comment: "here",
      });
    }
    case "thread":
      await ack();
      return useThread(client, user, rest);
    case "button":
      await ack();
      return client.chat.postMessage({ channel: user, text: "press it", blocks: [button("Press", "press")] });
    case "respond":
      await ack();
      for (let turn = 0; turn < Number(rest); turn += 1) {
        await respond(`answer ${turn}`);
      }
      return undefined;
    case "refused":
      return ack(await refused(client, rest, user, command.trigger_id));
    default:
      return ack(`echo ${command.text}`);
  }
});

// A message with a mark, an answer that is sent to the conversation too and updated, and a file in the thread.
async function useThread(client, user, filename) {
  const { channel, ts } = await client.chat.postMessage({ channel: user, text: "a job" });
  await client.reactions.add({ channel, timestamp: ts, name: "eyes" });
  const answer = await client.chat.postMessage({ channel, thread_ts: ts, text: "it ends", reply_broadcast: true });
  await client.chat.update({ channel, ts: answer.ts, text: "it ended" });
  await client.filesUploadV2({
    channel_id: channel,
    thread_ts: ts,
    filename,
    content: `content of ${filename}`,
    initial_comment: "results",
  });
}

// What Slack says to a call that it has to refuse.
async function refused(client, why, user, triggerId) {
  switch (why) {
    case "blocks":
      return refusal(client.chat.postMessage({ channel: user, text: "x", blocks: [{ type: "section" }] }));
    case "nowhere":
      return refusal(client.chat.postMessage({ channel: "C0NOWHERE", text: "x" }));
    case "scope":
      return refusal(client.team.info());
    default:
      await client.views.open({ trigger_id: triggerId, view: form("A form") });
      return refusal(client.views.open({ trigger_id: triggerId, view: form("A form") }));
  }
}

app.action("more", async ({ ack, body, client }) => {
  await ack();
  const told = await refusal(client.views.push({ trigger_id: body.trigger_id, view: form("One more") }));
  await client.chat.postMessage({ channel: body.user.id, text: `push ${told}` });
});

app.action("press", async ({ ack, body, client }) => {
  await ack();
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: "pressed", blocks: [] });
});

app.options("city", async ({ ack, payload }) => {
  const found = CITIES.filter((city) => city.toLowerCase().startsWith(payload.value.toLowerCase()));
  await ack({ options: found.map((city) => ({ text: plain(city), value: city.toLowerCase() })) });
});

app.view("form", async ({ ack, body, client, view }) => {
  const { values } = view.state;
  const note = values.note.note.value;
  switch (note) {
    case "errors":
      return ack({ response_action: "errors", errors: { note: "not that" } });
    case "update":
      return ack({ response_action: "update", view: form("Updated") });
    case "push":
      return ack({ response_action: "push", view: form("Pushed") });
    case "clear":
      return ack({ response_action: "clear" });
    default: {
      await ack();
      const city = values.city.city.selected_option?.value ?? "nowhere";
      return client.chat.postMessage({ channel: body.user.id, text: `noted ${note} in ${city}` });
    }
  }
});

app.view({ callback_id: "form", type: "view_closed" }, async ({ ack, body, client }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `closed ${body.is_cleared ? "all" : "one"}` });
});

app.shortcut("use", async ({ ack, client, shortcut }) => {
  await ack();
  const { file } = await client.files.info({ file: shortcut.message.files[0].id });
  const answer = await fetch(file.url_private_download, { headers: { Authorization: `Bearer ${SLACK_BOT_TOKEN}` } });
  await client.chat.postMessage({ channel: shortcut.user.id, text: `read ${await answer.text()}` });
});

app.event("app_home_opened", async ({ client, event }) => {
  const text = { type: "mrkdwn", text: `Home of <@${event.user}>` };
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [{ type: "section", text }] } });
});

app.message(/^hello/, async ({ message, say }) => {
  await say({ text: `heard ${message.text}`, thread_ts: message.ts });
});

app.event("message", async ({ event, say }) => {
  const before = event.previous_message;
  if (before && !before.bot_id) await say(`${event.subtype} ${before.text} -> ${event.message?.text ?? ""}`);
});

app.start(PORT ? Number(PORT) : undefined);
