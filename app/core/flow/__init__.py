"""The way of a registration through the desk, from the first screen to the acknowledgement; without a window.

The steps come from the form: the choice of what is updated (UPDATE only), each visible screen, the preview, the operator's
authentication, the reviewer's (if exceptions were recorded and the country asks for one), the acknowledgement. A state is a
frozen value; the functions of `moves`, `authenticating` and `sealing` take a state and what happened, and answer the next state
with the findings that kept it from moving. The rules:

(1) Forward needs every step before the target to be seen and without findings; back is always allowed.
(2) The preview and everything after it need the whole form without findings, and a specification without blocking faults.
(3) The authentications need the preview to have been shown at the form's present revision. They belong to that revision and to
    the login of that moment: an edit takes them back and leads to the preview, a new login takes them back.
(4) Sealing begins only where every authentication is complete, and checks everything again: form, users, roles.
(5) An event names what its sender saw: the step, the challenge, the ticket. An event about something that is over is a no-op,
    so a double click, a late answer of a matcher or a repeated message changes nothing. An event about something that has not
    begun is a mistake of the program and raises `errors.EventOutOfOrderError`.

Consent is a check box with the sub-type or id ``consent``. A specification without one asks for none. One that is visible must
have been answered, also where the specification leaves it optional; which answer is good enough says the form: that of
`app.core.forms` refuses a declined consent in any case, since no server takes such a packet.
"""
