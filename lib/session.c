/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions: a client compares its version of an interface with the server's before it calls.
 *
 * Both count their operations, and have for each number of them a digest. What both know must be the same:
 * the one that knows more looks up its digest for the other's number. So a server may have learnt new
 * operations since the client was made, or the other way round.
 *
 * The version is also in the label of every request, so that a client that skips this, or whose server is
 * exchanged later, gets ERR_OPERATION and nothing worse.
 */
#include <lucid.h>
#include "runtime.h"

error_t session_open(cap_t session, const struct interface *interface, unsigned *version)
{
    unsigned last = interface->operations - 1;
    struct message message = { .tag = tag_make(INTERFACE_OPEN, 3, 0),
                               .word = { interface->version, interface->operations,
                                         interface->digests[last] } };
    *version = 0;
    error_t error = client_call_words(session, &message, 3);
    if (error != OK && error != ERR_UNSUPPORTED)
        return error;
    if (tag_words(message.tag) < 3)
        return ERR_TRUNCATED;
    *version = (unsigned)message.word[0];
    word_t operations = message.word[1];
    if (error == OK && operations != 0 && operations < interface->operations &&
        message.word[2] != interface->digests[operations - 1])
        error = ERR_UNSUPPORTED;
    return error;
}

static cap_t session_with(const char *interface)
{
    const struct component_session *session = INFO_TABLE(struct component_session, session);
    for (uint32_t i = 0; i < component_info->session.count; i++)
        if (strcmp(component_text(session[i].interface), interface) == 0)
            return session[i].cap;
    return CAP_NULL;
}

cap_t session_find_interface(const char *interface)
{
    return component_info ? session_with(interface) : CAP_NULL;
}

cap_t session_use(const struct interface *interface, const char *name)
{
    cap_t session = name ? use(name) : session_find_interface(interface->name);
    unsigned version;
    if (session == CAP_NULL) {
        print("%s: no session with the interface %s: add  uses = { NAME = \"SERVER.PROVIDED\" }  to "
              "[component.%s]\n",
              component_name(), interface->name, component_name());
        exit(1);
    }
    error_t error = session_open(session, interface, &version);
    if (error != ERR_UNSUPPORTED)
        return session;
    if (version != interface->version)
        print(
            "%s: this component speaks version %u of the interface %s, and the server version %u: build both "
            "from the same file\n",
            component_name(), interface->version, interface->name, version);
    else
        print("%s: the operations of the interface %s are not the server's, and both call them version %u: "
              "build "
              "both from the same file, and raise the version when operations change\n",
              component_name(), interface->name, version);
    exit(1);
}
