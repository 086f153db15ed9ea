"""Makes the workspace as it was at the start, for whoever wants to begin anew."""

from bot.workspace.workspace import Workspace


def reset(workspace: Workspace) -> None:
    """Forgets all messages, views and files; conversations keep their ids and the app its sockets."""
    for account in workspace.everybody.values():
        for file in list(workspace.files.owned_by(account.id)):
            workspace.files.delete(file)
    for person in workspace.people.values():
        workspace.views.forget(person.id)
        for conversation in workspace.conversations.open_to(person.id):
            conversation.messages.clear()
    workspace.scheduled.clear()
    workspace.changes.tell()
