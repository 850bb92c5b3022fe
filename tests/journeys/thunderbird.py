"""The real Thunderbird, without a screen: an account of somebody's mailbox, its own composer, its own SMTP.

It is steered by Marionette, the remote control that Mozilla's programs carry for their own tests: a line of JSON with its length before it. What is
asked for is what a person's clicks ask for: reply to a mail, press a `mailto:` link, send. What it then writes is its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any, Self

import pytest

from tests.journeys.clients import Account
from tests.journeys.desk import until
from tests.servers.ports import free_ports

_PREFS = """
user_pref("marionette.port", {marionette});
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("datareporting.policy.bypassNotification", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.healthreport.uploadEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("mailnews.start_page.enabled", false);
user_pref("mailnews.start_page.override_url", "");
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.winsearch.firstRunDone", true);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mail.rights.version", 1);
user_pref("mail.inappnotifications.enabled", false);
user_pref("mail.SpellCheckBeforeSend", false);
user_pref("mail.warn_on_send_accel_key", false);
user_pref("mail.compose.attachment_reminder", false);
user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.identity.id1.fullName", "{name}");
user_pref("mail.identity.id1.useremail", "{address}");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.identity.id1.fcc", false);
user_pref("mail.identity.id1.reply_on_top", 1);
user_pref("mail.identity.id1.compose_html", {html});
user_pref("mail.identity.id1.htmlSigText", {signature});
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "127.0.0.1");
user_pref("mail.server.server1.port", {imap});
user_pref("mail.server.server1.userName", "{address}");
user_pref("mail.server.server1.name", "{address}");
user_pref("mail.server.server1.socketType", 0);
user_pref("mail.server.server1.authMethod", 3);
user_pref("mail.server.server1.login_at_startup", false);
user_pref("mail.server.server1.check_new_mail", false);
user_pref("mail.smtpservers", "smtp1");
user_pref("mail.smtp.defaultserver", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "127.0.0.1");
user_pref("mail.smtpserver.smtp1.port", {smtp});
user_pref("mail.smtpserver.smtp1.authMethod", 1);
user_pref("mail.smtpserver.smtp1.try_ssl", 0);
"""

_LOGIN = """
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init("imap://127.0.0.1", null, "imap://127.0.0.1", arguments[0], arguments[1], "", "");
if (!(await Services.logins.searchLoginsAsync({origin: "imap://127.0.0.1"})).length) await Services.logins.addLoginAsync(login);
return true;
"""

_READ = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.accounts.map(a => a.incomingServer).find(s => s.type == "imap");
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
if (!inbox) {
    server.performExpand(null);
    await new Promise(done => setTimeout(done, 1000));
    return false;
}
await new Promise(done => {
    const listener = {OnStartRunningUrl() {}, OnStopRunningUrl() { done(); }, QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"])};
    try { inbox.getNewMessages(null, listener); } catch (e) { done(); }
    setTimeout(done, 3000);
});
const header = inbox && Array.from(inbox.messages).find(each => each.messageId == arguments[0]);
if (!header) return false;
const {MsgHdrToMimeMessage} = ChromeUtils.importESModule("resource:///modules/gloda/MimeMessage.sys.mjs");
const read = await new Promise(done => { MsgHdrToMimeMessage(header, null, (_, mime) => done(mime), true); setTimeout(() => done(null), 10000); });
return !!read;
"""

_REPLY = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.accounts.map(a => a.incomingServer).find(s => s.type == "imap");
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const header = inbox && Array.from(inbox.messages).find(each => each.messageId == arguments[0]);
if (!header) return false;
const main = Services.wm.getMostRecentWindow("mail:3pane");
MailServices.compose.OpenComposeWindow(
    null, header, inbox.getUriForMsg(header), Ci.nsIMsgCompType.ReplyToSender, Ci.nsIMsgCompFormat.Default,
    MailServices.accounts.defaultAccount.defaultIdentity, "", main.msgWindow, null, false);
return true;
"""

_PRESS = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
MailServices.compose.OpenComposeWindowWithURI(null, Services.io.newURI(arguments[0]));
return true;
"""

_READY = """
const compose = Services.wm.getMostRecentWindow("msgcompose");
return compose && compose.composeEditorReady && compose.gMsgCompose.editor ? "ready" : "";
"""

_AGAIN = """
for (const each of Services.wm.getEnumerator(null)) if (each.location.href.endsWith("commonDialog.xhtml")) {
    each.close();
    for (const window of Services.wm.getEnumerator("msgcompose")) window.close();
    return true;
}
return false;
"""
"""On a busy machine the composer may not open: \"An error occurred while creating a message compose window. Please try again.\" """

_SEND = """
const compose = Services.wm.getMostRecentWindow("msgcompose");
const lines = arguments[0].split("\\n"), editor = compose.gMsgCompose.editor;
if (arguments[0]) {
    editor.beginningOfDocument();
    lines.forEach((line, place) => { if (place) editor.insertLineBreak(); if (line) editor.insertText(line); });
}
compose.goDoCommand("cmd_sendNow");
return true;
"""

_WINDOWS = """
const said = Services.console.getMessageArray().slice(-15).map(each => String(each.message).slice(0, 300));
return said.concat(Array.from(Services.wm.getEnumerator(null), each => [each.document.title, each.document.body ? each.document.body.innerText.slice(0, 300) : ""]));
"""

_CLOSED = 'return !Services.wm.getMostRecentWindow("msgcompose");'


class Thunderbird:
    """One person's Thunderbird, for the block."""

    def __init__(self, account: Account, *, html: bool = True, signature: str = "") -> None:
        self.account = account
        self.profile = account.home / "thunderbird"
        (self.port,) = free_ports(1)
        self.profile.mkdir(exist_ok=True)
        (self.profile / "user.js").write_text(
            _PREFS.format(
                marionette=self.port,
                name=account.name,
                address=account.address,
                imap=account.imap_port,
                smtp=account.smtp_port,
                html=json.dumps(html),
                signature=json.dumps(signature),
            )
        )
        self.count = 0

    def __enter__(self) -> Self:
        program = shutil.which("thunderbird")
        if program is None:
            pytest.skip("thunderbird isn't installed: `make thunderbird` brings it")
        home = str(self.account.home)
        env = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "MOZ_HEADLESS": "1", "TZ": "Europe/Helsinki"}
        command = [program, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", str(self.profile)]
        with (self.account.home / "thunderbird.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True)
        try:
            self.line = until(self._connected, "Thunderbird listens", 120)
            self._asked("WebDriver:NewSession", {"capabilities": {}})
            self._asked("Marionette:SetContext", {"value": "chrome"})
            self._asked("WebDriver:SetTimeouts", {"script": 30000})
            self.script(_LOGIN, self.account.address, self.account.password)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if hasattr(self, "line"):
            self.line.close()

    # --- what a person does -----------------------------------------------------------------------------------------------------------

    def replies(self, message_id: str, text: str) -> None:
        """Reply to a mail of the inbox, above the quote, and send."""
        self._composes(lambda: self._tried(_READ, message_id.strip("<>")) and self._tried(_REPLY, message_id.strip("<>")), message_id)
        self._sends(text)

    def presses(self, link: str) -> None:
        """Press a `mailto:` link and send what it opens, as it is."""
        self._composes(lambda: self._tried(_PRESS, link), link)
        self._sends("")

    def _composes(self, how: Callable[[], bool], what: str) -> None:
        for _ in range(6):
            until(how, f"Thunderbird has {what}", 60)
            if until(lambda: self._tried(_READY) or self._tried(_AGAIN), "Thunderbird opens its composer", 60) == "ready":
                return
        raise AssertionError(f"Thunderbird can't open its composer; its windows: {self.script(_WINDOWS)}")

    def _sends(self, text: str) -> None:
        self.script(_SEND, text)
        try:
            until(lambda: self._tried(_CLOSED), "Thunderbird sends", 60)
        except AssertionError as late:
            raise AssertionError(f"{late}; its windows: {self.script(_WINDOWS)}") from None

    # --- Marionette -------------------------------------------------------------------------------------------------------------------

    def script(self, text: str, *values: Any) -> Any:
        """What a script within Thunderbird gives; it may wait."""
        wrapped = (
            "const values = Array.from(arguments), done = values.pop();"
            f"(async function() {{ {text} }}).apply(null, values).then(done, e => done({{fault: String(e) + e.stack}}));"
        )
        found = self._asked("WebDriver:ExecuteAsyncScript", {"script": wrapped, "args": list(values), "newSandbox": True})["value"]
        if isinstance(found, dict) and "fault" in found:
            raise AssertionError(found["fault"])
        return found

    def _tried(self, text: str, *values: Any) -> Any:
        """The same where it may be too early, and is asked again: None for a script that failed."""
        try:
            return self.script(text, *values)
        except AssertionError as fault:
            print(fault)
            return None

    def _connected(self) -> socket.socket | None:
        if self.process.poll() is not None:
            raise AssertionError((self.account.home / "thunderbird.log").read_text()[-3000:])
        try:
            line = socket.create_connection(("127.0.0.1", self.port), 60)
        except OSError:
            time.sleep(0.2)
            return None
        self.stream = line.makefile("rb")
        self._read()
        return line

    def _asked(self, command: str, values: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        said = json.dumps([0, self.count, command, values]).encode()
        self.line.sendall(b"%d:%s" % (len(said), said))
        _, number, fault, answer = self._read()
        assert number == self.count
        if fault:
            raise AssertionError(f"{command}: {fault['message']}")
        return answer  # type: ignore[no-any-return]

    def _read(self) -> Any:
        length = b""
        while (sign := self.stream.read(1)) != b":":
            if not sign:
                raise AssertionError("Thunderbird hung up")
            length += sign
        return json.loads(self.stream.read(int(length)))
