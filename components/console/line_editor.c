/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line, a cursor in it, and the keys that people expect.
 *
 *     left, right, Ctrl-B, Ctrl-F   move            up, down, Ctrl-P, Ctrl-N   history
 *     home, end, Ctrl-A, Ctrl-E     move            Ctrl-U, Ctrl-K             cut all before, all after
 *     backspace, delete, Ctrl-D     delete          Ctrl-W                     cut a word
 *     Ctrl-C                        drop the line   Ctrl-L                     clear the screen
 *     return                        done
 *
 * Terminals send the special keys as ESC [ letter, ESC O letter, or ESC [ number ~; `escape` is where in such
 * a sequence we are.
 *
 * The line takes one row of the screen. Of a longer one a part is shown that contains the cursor, `window`
 * being the first byte of it. Text is UTF-8: the cursor stands on the first byte of a character, and only
 * these count as columns.
 *
 * At the end of a line that fits, a key is simply shown: what comes through a pipe looks like what was typed.
 */
#include "line_editor.h"
#include "screen.h"

#define SCREEN_COLUMNS 80u
#define HISTORY_LINES  16u
#define KEY(letter)    ((letter) - '@') /* with Ctrl */
#define KEY_ESCAPE     27
#define KEY_DELETE     127

enum escape { ESCAPE_NONE, ESCAPE_STARTED, ESCAPE_BRACKET, ESCAPE_NUMBER, ESCAPE_LETTER };

static struct {
    char prompt[TERMINAL_PROMPT_MAX + 1];
    char line[TERMINAL_LINE_MAX + 1];
    size_t length, cursor, window;
    enum escape escape;
    unsigned number;                   /* of ESC [ number ~ */
    bool after_return;                 /* the last byte was a return: a newline after it belongs to it */
    unsigned recall;                   /* how far back in the history the line comes from; 0: it is new */
    char draft[TERMINAL_LINE_MAX + 1]; /* the new line, while an old one is shown */
} editor;

static struct {
    char line[HISTORY_LINES][TERMINAL_LINE_MAX + 1];
    unsigned count; /* ever entered; the newest is line[(count - 1) % HISTORY_LINES] */
} history;

/* ---- Text ---------------------------------------------------------------------------------------------- */

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t columns(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += !is_continuation(text[i]);
    return count;
}

static size_t before(size_t at)
{
    do {
        if (at == 0)
            return 0;
        at--;
    } while (is_continuation(editor.line[at]));
    return at;
}

static size_t after(size_t at)
{
    do {
        if (at == editor.length)
            return at;
        at++;
    } while (is_continuation(editor.line[at]));
    return at;
}

/* ---- The screen ---------------------------------------------------------------------------------------- */

/* Columns that the line may take behind the prompt; the last column stays free, as terminals wrap there. */
static size_t room(void)
{
    return SCREEN_COLUMNS - 1 - columns(editor.prompt, strlen(editor.prompt));
}

/* Move the window so that the cursor is in it, and no room is left unused while text is
 * hidden to the left. */
static void window_follow(void)
{
    if (editor.window > editor.cursor)
        editor.window = editor.cursor;
    while (columns(editor.line + editor.window, editor.cursor - editor.window) > room())
        editor.window = after(editor.window);
    while (editor.window > 0) {
        size_t left = before(editor.window);
        if (columns(editor.line + left, editor.length - left) > room())
            break;
        editor.window = left;
    }
}

static size_t window_end(void)
{
    size_t end = editor.window;
    while (end < editor.length && columns(editor.line + editor.window, after(end) - editor.window) <= room())
        end = after(end);
    return end;
}

static void show(void)
{
    window_follow();
    size_t end = window_end();
    screen_put(editor.prompt);
    screen_text(editor.line + editor.window, end - editor.window);
    size_t back = columns(editor.line + editor.cursor, end - editor.cursor);
    if (back) {
        char move[16];
        text_format(move, sizeof move, "\033[%zuD", back);
        screen_put(move);
    }
}

static void refresh(void)
{
    screen_put("\r\033[K");
    show();
}

void editor_hide(void)
{
    screen_put("\r\033[K");
}

void editor_show(void)
{
    show();
}

/* ---- Changing the line --------------------------------------------------------------------------------- */

static void insert(char byte)
{
    if (editor.length >= TERMINAL_LINE_MAX)
        return;
    bool simple = editor.cursor == editor.length && editor.window == 0;
    memmove(editor.line + editor.cursor + 1, editor.line + editor.cursor, editor.length - editor.cursor);
    editor.line[editor.cursor++] = byte;
    editor.line[++editor.length] = 0;
    if (simple && columns(editor.line, editor.length) <= room())
        screen_text(&byte, 1);
    else
        refresh();
}

/* Remove the bytes from `start` to `end`; the cursor goes there. */
static void cut(size_t start, size_t end)
{
    memmove(editor.line + start, editor.line + end, editor.length - end + 1);
    editor.length -= end - start;
    editor.cursor = start;
    refresh();
}

static void cut_word(void)
{
    size_t start = editor.cursor;
    while (start > 0 && editor.line[start - 1] == ' ')
        start--;
    while (start > 0 && editor.line[start - 1] != ' ')
        start--;
    cut(start, editor.cursor);
}

static void move_to(size_t cursor)
{
    editor.cursor = cursor;
    refresh();
}

static void line_set(const char *text)
{
    text_copy(editor.line, sizeof editor.line, text);
    editor.length = editor.cursor = strlen(editor.line);
    editor.window = 0;
}

/* ---- History ------------------------------------------------------------------------------------------- */

static char *history_line(unsigned back)
{
    return history.line[(history.count - back) % HISTORY_LINES];
}

static void history_add(void)
{
    if (editor.length == 0 || (history.count && strcmp(history_line(1), editor.line) == 0))
        return;
    history.count++;
    text_copy(history_line(1), TERMINAL_LINE_MAX + 1, editor.line);
}

static void history_go(bool older)
{
    unsigned kept = history.count < HISTORY_LINES ? history.count : HISTORY_LINES;
    if (older ? editor.recall == kept : editor.recall == 0)
        return;
    if (editor.recall == 0)
        text_copy(editor.draft, sizeof editor.draft, editor.line);
    editor.recall += older ? 1u : -1u;
    line_set(editor.recall ? history_line(editor.recall) : editor.draft);
    refresh();
}

/* ---- Keys ---------------------------------------------------------------------------------------------- */

static void line_clear(void)
{
    line_set("");
    editor.recall = 0;
    editor.escape = ESCAPE_NONE;
}

static void control_key(int key)
{
    switch (key) {
    case KEY('A'):
        move_to(0);
        break;
    case KEY('B'):
        move_to(before(editor.cursor));
        break;
    case KEY('C'):
        screen_put("^C\n");
        line_clear();
        show();
        break;
    case KEY('D'):
        cut(editor.cursor, after(editor.cursor));
        break;
    case KEY('E'):
        move_to(editor.length);
        break;
    case KEY('F'):
        move_to(after(editor.cursor));
        break;
    case KEY('H'):
    case KEY_DELETE: {
        size_t start = before(editor.cursor);
        cut(start, editor.cursor);
        break;
    }
    case KEY('K'):
        cut(editor.cursor, editor.length);
        break;
    case KEY('L'):
        screen_put("\033[H\033[2J");
        show();
        break;
    case KEY('N'):
        history_go(false);
        break;
    case KEY('P'):
        history_go(true);
        break;
    case KEY('U'):
        cut(0, editor.cursor);
        break;
    case KEY('W'):
        cut_word();
        break;
    case KEY_ESCAPE:
        editor.escape = ESCAPE_STARTED;
        break;
    }
}

/* The last byte of an escape sequence: the key that it stands for. */
static void escape_letter(char letter)
{
    switch (letter) {
    case 'A':
        history_go(true);
        break;
    case 'B':
        history_go(false);
        break;
    case 'C':
        move_to(after(editor.cursor));
        break;
    case 'D':
        move_to(before(editor.cursor));
        break;
    case 'H':
        move_to(0);
        break;
    case 'F':
        move_to(editor.length);
        break;
    }
}

static void escape_number(unsigned number)
{
    if (number == 1 || number == 7)
        move_to(0);
    else if (number == 4 || number == 8)
        move_to(editor.length);
    else if (number == 3)
        cut(editor.cursor, after(editor.cursor));
}

static void escape_byte(char byte)
{
    enum escape was = editor.escape;
    editor.escape = ESCAPE_NONE;
    if (was == ESCAPE_STARTED) {
        if (byte == '[')
            editor.escape = ESCAPE_BRACKET;
        else if (byte == 'O')
            editor.escape = ESCAPE_LETTER;
    } else if (was == ESCAPE_LETTER) {
        escape_letter(byte);
    } else if (byte >= '0' && byte <= '9') {
        editor.number = (was == ESCAPE_NUMBER ? editor.number % 100 * 10 : 0) + (unsigned)(byte - '0');
        editor.escape = ESCAPE_NUMBER;
    } else if (byte == ';') {
        editor.escape = ESCAPE_BRACKET; /* a modifier follows; it is taken for the number, which no key has */
    } else if (byte == '~') {
        escape_number(editor.number);
    } else {
        escape_letter(byte);
    }
}

bool editor_key(char byte)
{
    bool after_return = editor.after_return;
    editor.after_return = byte == '\r';
    if (byte == '\n' && after_return)
        return false;
    if (editor.escape != ESCAPE_NONE) {
        escape_byte(byte);
    } else if (byte == '\r' || byte == '\n') {
        if (editor.cursor != editor.length)
            move_to(editor.length);
        screen_put("\n");
        history_add();
        return true;
    } else if ((unsigned char)byte < ' ' || byte == KEY_DELETE) {
        control_key(byte);
    } else {
        insert(byte);
    }
    return false;
}

void editor_start(const char *prompt)
{
    text_copy(editor.prompt, sizeof editor.prompt, prompt);
    line_clear();
    show();
}

const char *editor_line(void)
{
    return editor.line;
}
