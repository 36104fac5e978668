"""What can be done with a run; drawn for operators only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from recsys.learning.runs import Run
from recsys.ui import roles
from recsys.ui.messages import plain
from recsys.ui.state import Parameter, change
from recsys.ui.training import asked
from recsys.ui.training.acts import attempt
from recsys.workspace import Workspace

Act = Callable[[], dict[Parameter[Any], Any] | None]


def manage(workspace: Workspace, run: Run) -> None:
    """The controls of one run."""
    with st.container(horizontal=True, vertical_alignment="center", key="train_acts"):
        if roles.is_operator():
            _way(workspace, run)
            _button("Copy and change", "content_copy", "copy", lambda: _copied(run))
            with st.popover("Name and note", icon=":material/edit:"):
                _describe(workspace, run)
            if not run.is_in_progress:
                _put_away(workspace, run)
        st.button(
            "Compare",
            icon=":material/compare_arrows:",
            key="train_compare_this",
            on_click=change,
            args=({asked.VIEW: "compare", asked.RUN: "", asked.WITH: (run.id,)},),
        )


def _way(workspace: Workspace, run: Run) -> None:
    """Stop it, or go on with it."""
    if run.is_in_progress:
        _button(
            "Stop",
            "stop",
            "stop",
            lambda: stop(workspace, run),
            disabled=run.state == "stopping",
        )
    elif run.can_resume:
        _button("Resume", "play_arrow", "resume", lambda: resume(workspace, run), primary=True)
    elif run.models:
        st.button(
            "Put it live",
            icon=":material/storefront:",
            key="train_to_live",
            disabled=run.is_live,
            on_click=change,
            args=({asked.VIEW: "live", asked.RUN: "", asked.MODEL: run.models[-1]},),
        )


def _describe(workspace: Workspace, run: Run) -> None:
    # The keys carry the run, so that one run's name is never offered for another.
    name, note = f"train_name_{run.id}", f"train_note_{run.id}"
    with st.form(f"train_describe_{run.id}", border=False):
        st.text_input("Name", run.name, max_chars=80, key=name)
        st.text_area("Note", run.note, max_chars=2000, key=note)
        st.form_submit_button(
            "Save",
            on_click=attempt,
            args=(
                lambda: describe(workspace, run, st.session_state[name], st.session_state[note]),
            ),
        )


def _put_away(workspace: Workspace, run: Run) -> None:
    label = "Put back on the list" if run.is_archived else "Archive"
    icon = "unarchive" if run.is_archived else "archive"
    _button(label, icon, "archive", lambda: archive(workspace, run))
    if run.is_live:
        return
    with st.popover("Delete", icon=":material/delete:"):
        models = len(run.models)
        gone = "its curves, checkpoints and log"
        if models:
            gone += f", and {'its model' if models == 1 else f'its {models} models'}"
        st.markdown(f"This deletes {gone} for good. It cannot be undone.")
        _button("Delete for good", "delete_forever", "delete", lambda: delete(workspace, run))


def _button(
    label: str,
    icon: str,
    key: str,
    do: Act,
    *,
    primary: bool = False,
    disabled: bool = False,
) -> None:
    st.button(
        plain(label),
        icon=f":material/{icon}:",
        key=f"train_act_{key}",
        type="primary" if primary else "secondary",
        disabled=disabled,
        on_click=attempt,
        args=(do,),
    )


# the actions; each is called through ``attempt``, which asks for the role again


def stop(workspace: Workspace, run: Run) -> None:
    """Asks the run to save and stop."""
    from recsys.learning import jobs

    jobs.stop(run.id, workspace)


def resume(workspace: Workspace, run: Run) -> None:
    """Goes on exactly where it was saved, in its turn."""
    from recsys.learning import jobs

    jobs.resume(run.id, workspace, queue=bool(jobs.in_progress(workspace)))


def describe(workspace: Workspace, run: Run, name: str, note: str) -> None:
    """Gives the run another name and note."""
    from recsys.learning import jobs

    if name != run.name:
        jobs.rename(run.id, workspace, name)
    jobs.annotate(run.id, workspace, note)


def archive(workspace: Workspace, run: Run) -> None:
    """Takes the run off the list, or puts it back."""
    from recsys.learning import jobs

    jobs.archive(run.id, workspace, not run.is_archived)


def delete(workspace: Workspace, run: Run) -> dict[Parameter[Any], Any]:
    """Deletes the run with its files and models."""
    from recsys.learning import jobs

    jobs.delete(run.id, workspace)
    return {asked.RUN: "", asked.FRAME: 0}


def _copied(run: Run) -> dict[Parameter[Any], Any]:
    return {asked.VIEW: "new", asked.COPY: run.id, asked.RUN: ""}
