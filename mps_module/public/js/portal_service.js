// The portal page at /service: open a call, see it in the list at once.
frappe.ready(() => {
    const page = document.querySelector(".mps-service");
    const form = page && page.querySelector("[data-form]");
    if (!form) return;
    const button = form.querySelector("button[type=submit]");
    const answer = form.querySelector(".mps-answer");

    function say(state, text) {
        answer.className = `mps-answer ${state}`;
        answer.textContent = text;
        answer.hidden = !text;
    }

    function piece(tag, text, ...children) {
        const node = document.createElement(tag);
        if (text) node.textContent = text;
        node.append(...children);
        return node;
    }

    function show(calls) {
        const list = page.querySelector("[data-calls]");
        const rows = calls.map((call) => {
            const about = piece("small", [call.name, call.device, call.opened].filter(Boolean).join(" · "));
            const state = piece("span", call.state);
            if (call.solved) state.append(piece("small", call.solved));
            const row = piece("li", "", piece("div", "", piece("b", call.subject), about), state);
            if (!call.open) row.className = "done";
            return row;
        });
        list.replaceChildren(...(rows.length ? rows : [piece("li", list.dataset.none)]));
    }

    const problem = form.elements.problem;
    problem.addEventListener("change", () => {
        // The chosen problem is a good subject for who does not want to write.
        if (problem.value && !form.elements.subject.value.trim()) form.elements.subject.value = problem.selectedOptions[0].textContent;
    });

    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (!form.elements.subject.value.trim()) {
            say("refused", __("Say in a few words what is wrong."));
            form.elements.subject.focus();
            return;
        }
        button.disabled = true;
        try {
            const args = Object.fromEntries(new FormData(form));
            const { message } = await frappe.call({ method: "mps_module.api.portal_service.new_call", args });
            say("taken", __("Thank you. Your call is {0}.", [message.issue]));
            form.reset();
            const { message: calls } = await frappe.call({ method: "mps_module.api.portal_service.calls", type: "GET" });
            show(calls);
        } catch {
            say("refused", __("That did not work. Please try again, or ring us."));
        } finally {
            button.disabled = false;
        }
    });
});
