"""One registration at the desk, from the first screen to the slip: kept after every change, resumable, sealed once.

`start` begins or resumes one; `work.RegistrationInWork` is what the operator does with it. The form's rules are in
`app.core.forms`, the way through the steps in `app.core.flow`; here they meet devices, documents, drafts, audit and the packet.
"""
