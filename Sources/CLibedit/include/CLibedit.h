// What Swift cannot call of libedit directly: variadic functions, and C's standard streams. No logic here. The rest of
// <histedit.h> is called as it is. Keys, names and help texts are ASCII. Also the program's arguments, which Swift does
// not find everywhere.

#ifndef CLIBEDIT_H
#define CLIBEDIT_H

#include <gnu/libc-version.h>
#include <histedit.h>

typedef int (*cle_read_function)(EditLine *, wchar_t *);
typedef unsigned char (*cle_key_function)(EditLine *, wint_t);

// An editor on stdin and stderr that draws nothing: only its bell reaches stdout. `program` selects the lines of
// ~/.editrc. `terminal` is asked for its modes and its window's size; -1 for a line that is read as it comes.
EditLine *cle_init(const char *program, int terminal);

// Rings the bell if it is due.
void cle_flush(void);

// How many words the program was called with, including its name, and each of them.
int cle_argument_count(void);
const char *cle_argument(int index);
// Removes from the environment what was only meant for this program's runtime.
void cle_restore_environment(void);
// Lets the allocator reuse what it would otherwise give back to the system.
void cle_keep_freed_memory(void);
// Overwrites bytes of an argument, which other users can read in /proc, with asterisks.
void cle_hide_argument(int index, size_t first, size_t count);

// The versions of libedit and of the C library.
static inline int cle_major_version(void) { return LIBEDIT_MAJOR; }
static inline int cle_minor_version(void) { return LIBEDIT_MINOR; }
static inline const char *cle_c_library_version(void) { return gnu_get_libc_version(); }

// wcwidth(3): the columns of a character, -1 for one that cannot be shown.
int cle_width(wchar_t character);

static inline void cle_set_client_data(EditLine *editor, void *data) {
    el_wset(editor, EL_CLIENTDATA, data);
}

static inline void *cle_client_data(EditLine *editor) {
    void *data = NULL;
    el_wget(editor, EL_CLIENTDATA, &data);
    return data;
}

static inline void cle_set_read(EditLine *editor, cle_read_function function) {
    el_wset(editor, EL_GETCFN, function);
}

static inline void cle_set_editing(EditLine *editor, int on) {
    el_wset(editor, EL_EDITMODE, on);
}

static inline int cle_is_editing(EditLine *editor) {
    int on = 0;
    el_wget(editor, EL_EDITMODE, &on);
    return on;
}

// "emacs" or "vi".
static inline void cle_set_keymap(EditLine *editor, const char *name) {
    el_set(editor, EL_EDITOR, name);
}

static inline const char *cle_keymap(EditLine *editor) {
    const char *name = NULL;
    el_get(editor, EL_EDITOR, &name);
    return name;
}

static inline void cle_add_function(
    EditLine *editor, const char *name, const char *help, cle_key_function function) {
    el_set(editor, EL_ADDFN, name, help, function);
}

static inline void cle_bind(EditLine *editor, const char *key, const char *function) {
    el_set(editor, EL_BIND, key, function, NULL);
}

// In the other key map: that of vi's command mode.
static inline void cle_bind_alternate(EditLine *editor, const char *key, const char *function) {
    el_set(editor, EL_BIND, "-a", key, function, NULL);
}

// A terminal mode while a line is edited: "-isig" clears ISIG.
static inline void cle_set_terminal_mode(EditLine *editor, const char *mode) {
    el_set(editor, EL_SETTY, "-d", mode, NULL);
}

// Puts the terminal into the mode in which a line is edited.
static inline void cle_prepare_terminal(EditLine *editor) {
    el_wset(editor, EL_PREP_TERM, 1);
}

// Restores the mode that the terminal was in.
static inline void cle_restore_terminal(EditLine *editor) {
    el_wset(editor, EL_PREP_TERM, 0);
}

// At most `limit` lines; one equal to the line before is not added.
static inline void cle_set_history(EditLine *editor, HistoryW *history, int limit) {
    HistEventW event;
    history_w(history, &event, H_SETSIZE, limit);
    history_w(history, &event, H_SETUNIQUE, 1);
    el_wset(editor, EL_HIST, history_w, history);
}

static inline void cle_history_enter(HistoryW *history, const wchar_t *line) {
    HistEventW event;
    history_w(history, &event, H_ENTER, line);
}

#endif
