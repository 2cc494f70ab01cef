# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hark_global_optspecs
    string join \n profile= system h/help V/version
end

function __fish_hark_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hark_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hark_using_subcommand
    set -l cmd (__fish_hark_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hark -n "__fish_hark_needs_command" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_needs_command" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_needs_command" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_needs_command" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_needs_command" -f -a "agent" -d 'Run the agent, which keeps the connections and shows the notifications'
complete -c hark -n "__fish_hark_needs_command" -f -a "open" -d 'Open the window; starts the agent if none runs'
complete -c hark -n "__fish_hark_needs_command" -f -a "autostart" -d 'Start the agent with the desktop, or not'
complete -c hark -n "__fish_hark_needs_command" -f -a "add" -d 'Follow a URL from now on'
complete -c hark -n "__fish_hark_needs_command" -f -a "edit" -d 'Edit a subscription\'s part of the settings, in the editor that VISUAL names'
complete -c hark -n "__fish_hark_needs_command" -f -a "rename" -d 'Give a subscription another name; its key stays'
complete -c hark -n "__fish_hark_needs_command" -f -a "remove" -d 'Forget a subscription; its messages stay'
complete -c hark -n "__fish_hark_needs_command" -f -a "pause" -d 'Pause a subscription, or all'
complete -c hark -n "__fish_hark_needs_command" -f -a "resume" -d 'Resume a subscription, or all; dials at once'
complete -c hark -n "__fish_hark_needs_command" -f -a "mute" -d 'Follow a subscription without notifications'
complete -c hark -n "__fish_hark_needs_command" -f -a "unmute" -d 'Show a muted subscription\'s messages again'
complete -c hark -n "__fish_hark_needs_command" -f -a "snooze" -d 'Show nothing of a subscription, or of all, for a while'
complete -c hark -n "__fish_hark_needs_command" -f -a "wake" -d 'End the snooze of a subscription, or every snooze'
complete -c hark -n "__fish_hark_needs_command" -f -a "status" -d 'Show how each connection is doing'
complete -c hark -n "__fish_hark_needs_command" -f -a "messages" -d 'Show the latest messages, or find some'
complete -c hark -n "__fish_hark_needs_command" -f -a "read" -d 'Mark messages as read; their notifications go away'
complete -c hark -n "__fish_hark_needs_command" -f -a "delete" -d 'Delete messages'
complete -c hark -n "__fish_hark_needs_command" -f -a "act" -d 'Open a message\'s link, or do what one of its buttons is for'
complete -c hark -n "__fish_hark_needs_command" -f -a "history" -d 'Show when each connection was lost, why, and for how long'
complete -c hark -n "__fish_hark_needs_command" -f -a "handlers" -d 'Show the commands that run when something happens, set as [[handlers]] in the settings'
complete -c hark -n "__fish_hark_needs_command" -f -a "consents" -d 'Show which requests messages make without asking you, and take a yes back'
complete -c hark -n "__fish_hark_needs_command" -f -a "relay" -d 'Show the relay, by which other programs of this computer follow what Hark receives'
complete -c hark -n "__fish_hark_needs_command" -f -a "rules" -d 'Show what the rules of a subscription do with its latest messages, or try others'
complete -c hark -n "__fish_hark_needs_command" -f -a "send" -d 'Send a message to a subscription\'s server, from which it comes as any other'
complete -c hark -n "__fish_hark_needs_command" -f -a "test" -d 'Send a sample notification the whole way, and say whether the desktop took it'
complete -c hark -n "__fish_hark_needs_command" -f -a "stop" -d 'Stop the agent'
complete -c hark -n "__fish_hark_needs_command" -f -a "config" -d 'Say where the settings are, or whether they are well'
complete -c hark -n "__fish_hark_needs_command" -f -a "export" -d 'Write your set-up as one file, to take along: settings and presets, without secrets and handlers'
complete -c hark -n "__fish_hark_needs_command" -f -a "import" -d 'Take subscriptions and settings from such a file; what is here stays, and nothing in it is run'
complete -c hark -n "__fish_hark_needs_command" -f -a "logs" -d 'Show the agent\'s log'
complete -c hark -n "__fish_hark_needs_command" -f -a "completions" -d 'Print what a shell is to know to complete the command line; the packages bring it along'
complete -c hark -n "__fish_hark_needs_command" -f -a "listen" -d 'Follow URLs in this terminal, without an agent'
complete -c hark -n "__fish_hark_needs_command" -f -a "doctor" -d 'Say what is well and what is not: this computer and what is followed, or a server'
complete -c hark -n "__fish_hark_needs_command" -f -a "demo" -d 'Run a small push server on this computer, to try things with'
complete -c hark -n "__fish_hark_needs_command" -f -a "decode-picture" -d 'Decode one picture from the input, for the agent'
complete -c hark -n "__fish_hark_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand agent" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand agent" -l no-tray -d 'No tray icon: run in the terminal and print each message'
complete -c hark -n "__fish_hark_using_subcommand agent" -l headless -d 'No desktop at all: no tray icon, no notifications, and nothing is printed; for a server'
complete -c hark -n "__fish_hark_using_subcommand agent" -l demo -d 'While the settings hold no subscription, follow a demo server of its own'
complete -c hark -n "__fish_hark_using_subcommand agent" -l detached -d 'Leave the terminal\'s session, so that closing it does not end the agent'
complete -c hark -n "__fish_hark_using_subcommand agent" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand agent" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand agent" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand open" -l message -d 'At this message, by its id in `hark messages`' -r
complete -c hark -n "__fish_hark_using_subcommand open" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand open" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand open" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand open" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand autostart" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand autostart" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand autostart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hark -n "__fish_hark_using_subcommand autostart" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand add" -l name -d 'What to call it' -r
complete -c hark -n "__fish_hark_using_subcommand add" -l feed -d 'What it speaks, as json, ntfy or a preset\'s name; recognised where missing' -r
complete -c hark -n "__fish_hark_using_subcommand add" -l token-env -d 'The bearer token is in this environment variable of the agent' -r
complete -c hark -n "__fish_hark_using_subcommand add" -l token-file -d 'The bearer token is in this file, which only you may read' -r -F
complete -c hark -n "__fish_hark_using_subcommand add" -l user -d 'The user\'s name; the password is asked for, and kept in a file that only you may read' -r
complete -c hark -n "__fish_hark_using_subcommand add" -l password-file -d 'The password is in this file, which only you may read' -r -F
complete -c hark -n "__fish_hark_using_subcommand add" -l password-env -d 'The password is in this environment variable of the agent' -r
complete -c hark -n "__fish_hark_using_subcommand add" -s H -l header -d 'Send this header, as \'Name: value\', or only its name, to be asked for the value; kept in a file that only you may read' -r
complete -c hark -n "__fish_hark_using_subcommand add" -l ca -d 'Trust the authorities, or the one certificate, in this PEM file, for this subscription alone' -r -F
complete -c hark -n "__fish_hark_using_subcommand add" -l proxy -d 'Go through this proxy, http or socks5, or none; as the agent\'s environment says where missing' -r
complete -c hark -n "__fish_hark_using_subcommand add" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand add" -l paused -d 'Do not follow it yet'
complete -c hark -n "__fish_hark_using_subcommand add" -l unchecked -d 'Save it without trying it'
complete -c hark -n "__fish_hark_using_subcommand add" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand add" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand add" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand edit" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand edit" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand edit" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand edit" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand rename" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand rename" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand rename" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand rename" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand remove" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand remove" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand remove" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand remove" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand pause" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand pause" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand pause" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand pause" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand resume" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand resume" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand resume" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand resume" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand mute" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand mute" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand mute" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand mute" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand unmute" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand unmute" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand unmute" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand unmute" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand snooze" -l for -d 'For so long, as 1h' -r
complete -c hark -n "__fish_hark_using_subcommand snooze" -l until -d 'Until then, as 18:00, \'tomorrow 8:00\', \'mon 8:00\' or \'2026-03-01 8:00\'' -r
complete -c hark -n "__fish_hark_using_subcommand snooze" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand snooze" -l until-unlock -d 'Until the session is unlocked'
complete -c hark -n "__fish_hark_using_subcommand snooze" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand snooze" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand snooze" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand wake" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand wake" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand wake" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand wake" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand status" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand status" -l watch -d 'Go on showing it as it changes'
complete -c hark -n "__fish_hark_using_subcommand status" -l check -d 'For scripts: exit with 0 where all are live or paused, 1 where some are not, 3 where no agent runs'
complete -c hark -n "__fish_hark_using_subcommand status" -l json -d 'As one JSON object'
complete -c hark -n "__fish_hark_using_subcommand status" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand status" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand status" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand messages" -l since -d 'Only those that were sent since then, as 2h, 2026-03-01 or \'2026-03-01 8:00\'' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -l until -d 'Only those that were sent before then, written in the same way' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -l tag -d 'Only those with this tag' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -l before -d 'Only those before this one, by its id in `hark messages`' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -s s -l search -d 'Only those that hold these words, in any order and any case' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -l priority -d 'Only of this priority or higher: 1 (lowest) to 5 (highest), or min, low, normal, high or urgent' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -s n -l limit -d 'At most so many' -r
complete -c hark -n "__fish_hark_using_subcommand messages" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand messages" -s f -l follow -d 'Go on showing them as they come'
complete -c hark -n "__fish_hark_using_subcommand messages" -l unread -d 'Only what you have not read'
complete -c hark -n "__fish_hark_using_subcommand messages" -l json -d 'As JSON, one message a line'
complete -c hark -n "__fish_hark_using_subcommand messages" -l csv -d 'As CSV, for a spreadsheet'
complete -c hark -n "__fish_hark_using_subcommand messages" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand messages" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand messages" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand read" -l of -d 'All of this subscription, by its key' -r
complete -c hark -n "__fish_hark_using_subcommand read" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand read" -l all -d 'All'
complete -c hark -n "__fish_hark_using_subcommand read" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand read" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand read" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand delete" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand delete" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand delete" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand delete" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand act" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand act" -l yes -d 'Do it without asking'
complete -c hark -n "__fish_hark_using_subcommand act" -l remember -d 'Do not ask again for this subscription, server and method, whatever the path and the text'
complete -c hark -n "__fish_hark_using_subcommand act" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand act" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand act" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand history" -s n -l limit -d 'At most so many, up to 1000' -r
complete -c hark -n "__fish_hark_using_subcommand history" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand history" -l json -d 'As JSON, one entry a line'
complete -c hark -n "__fish_hark_using_subcommand history" -l csv -d 'As CSV, for a spreadsheet'
complete -c hark -n "__fish_hark_using_subcommand history" -l uptime -d 'How much of today, 7 and 30 days each subscription was connected, of the time in which Hark ran'
complete -c hark -n "__fish_hark_using_subcommand history" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand history" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand history" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -l json -d 'As JSON, one handler a line'
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -f -a "run" -d 'Run one once, as if something had happened'
complete -c hark -n "__fish_hark_using_subcommand handlers; and not __fish_seen_subcommand_from run help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -l as -d 'As if this had happened: lost, down, recovered, refused, mute, gap or message' -r
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -l for -d 'For this subscription, by its key or name; its own, or the only one, where missing' -r
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -l json -d 'As one JSON object'
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from help" -f -a "run" -d 'Run one once, as if something had happened'
complete -c hark -n "__fish_hark_using_subcommand handlers; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -l json -d 'As JSON, one consent a line'
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -f -a "take-back" -d 'Ask again before messages of this subscription make such a request'
complete -c hark -n "__fish_hark_using_subcommand consents; and not __fish_seen_subcommand_from take-back help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand consents; and __fish_seen_subcommand_from take-back" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand consents; and __fish_seen_subcommand_from take-back" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand consents; and __fish_seen_subcommand_from take-back" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand consents; and __fish_seen_subcommand_from take-back" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand consents; and __fish_seen_subcommand_from help" -f -a "take-back" -d 'Ask again before messages of this subscription make such a request'
complete -c hark -n "__fish_hark_using_subcommand consents; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -l json -d 'As one JSON object'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -f -a "on" -d 'Turn it on, there where it was, or at 127.0.0.1:7275'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -f -a "off" -d 'Turn it off; its part of the settings is removed'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -f -a "token" -d 'Print the token that its clients need'
complete -c hark -n "__fish_hark_using_subcommand relay; and not __fish_seen_subcommand_from on off token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from on" -l listen -d 'At this address of this computer\'s own, such as 127.0.0.1:7275 or [::1]:7275' -r
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from on" -l socket -d 'On a Unix socket at this path, for you alone' -r
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from on" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from on" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from on" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from on" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from off" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from off" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from off" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from off" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from token" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from token" -l read-only -d 'The one for messages alone, which may stand in an address'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from token" -l renew -d 'Make a new one first; who follows with the old one is cut off'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from token" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from token" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from help" -f -a "on" -d 'Turn it on, there where it was, or at 127.0.0.1:7275'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from help" -f -a "off" -d 'Turn it off; its part of the settings is removed'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from help" -f -a "token" -d 'Print the token that its clients need'
complete -c hark -n "__fish_hark_using_subcommand relay; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand rules" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand rules" -l save -d 'Put them in force, and write them into the settings'
complete -c hark -n "__fish_hark_using_subcommand rules" -l json -d 'As one JSON object'
complete -c hark -n "__fish_hark_using_subcommand rules" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand rules" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand rules" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand send" -l title -d 'Its title' -r
complete -c hark -n "__fish_hark_using_subcommand send" -l priority -d '1 (lowest) to 5 (highest), or min, low, normal, high or urgent' -r
complete -c hark -n "__fish_hark_using_subcommand send" -l tags -d 'Its tags, with commas in between' -r
complete -c hark -n "__fish_hark_using_subcommand send" -l click -d 'What a click on it opens' -r
complete -c hark -n "__fish_hark_using_subcommand send" -l topic -d 'The topic to send to, where the subscription follows several' -r
complete -c hark -n "__fish_hark_using_subcommand send" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand send" -l json -d 'As one JSON object'
complete -c hark -n "__fish_hark_using_subcommand send" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand send" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand send" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand test" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand test" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand test" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand test" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand stop" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand stop" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand stop" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand stop" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -f -a "path" -d 'Print where the settings file is'
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -f -a "check" -d 'Say whether the settings can be put in force, without doing so'
complete -c hark -n "__fish_hark_using_subcommand config; and not __fish_seen_subcommand_from path check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from path" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from path" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from check" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from check" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the settings file is'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say whether the settings can be put in force, without doing so'
complete -c hark -n "__fish_hark_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand export" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand export" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand export" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand export" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand import" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand import" -l with-credentials -d 'Take credentials as well, where they are a file or a variable: what is there is sent to that server'
complete -c hark -n "__fish_hark_using_subcommand import" -l dry-run -d 'Only say what it would do'
complete -c hark -n "__fish_hark_using_subcommand import" -s y -l yes -d 'Do not ask'
complete -c hark -n "__fish_hark_using_subcommand import" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand import" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand import" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand logs" -s n -l lines -d 'So many of its last lines' -r
complete -c hark -n "__fish_hark_using_subcommand logs" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand logs" -s f -l follow -d 'Go on showing it as it grows'
complete -c hark -n "__fish_hark_using_subcommand logs" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand logs" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand logs" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand completions" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand completions" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hark -n "__fish_hark_using_subcommand completions" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand listen" -l feed -d 'What it speaks, as ntfy or a preset\'s name; recognised where missing' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l state -d 'Keep in this file how far it has come, and go on there the next time' -r -F
complete -c hark -n "__fish_hark_using_subcommand listen" -l count -d 'End after so many messages' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l until -d 'End after the first message in whose title or text this regular expression is found' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l timeout -d 'End after so long, as 10m, with exit code 124' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l exec-timeout -d 'Give one run of the command so long; 60s where missing' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -s H -l header -d 'Send a header, as \'Name: value\'; @FILE reads such lines from a file, out of others\' sight' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l ca -d 'Trust the authorities, or the one certificate, in this PEM file beside the system\'s' -r -F
complete -c hark -n "__fish_hark_using_subcommand listen" -l proxy -d 'Go through this proxy, as http://host:port or socks5://host:port; none for no proxy at all' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l last-event-id -d 'Resume after this event' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l retry -d 'Retry at a fixed interval, as \'fixed 5s\'' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l heartbeat -d 'Give a connection up after so long a silence, as 30s' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l event-max -d 'Take events of up to this size, also in one line, as 16MiB' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l method -d 'Send the request with this method' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l data -d 'Send this as the request\'s body' -r
complete -c hark -n "__fish_hark_using_subcommand listen" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand listen" -l json -d 'Decoded messages as JSON, one a line'
complete -c hark -n "__fish_hark_using_subcommand listen" -l raw -d 'Everything that comes on one plain connection, as JSON, one object a line'
complete -c hark -n "__fish_hark_using_subcommand listen" -l new -d 'Leave out what the server held before it was asked for the first time'
complete -c hark -n "__fish_hark_using_subcommand listen" -l exec -d 'Run the command behind -- for each message: it in HARK_… variables, and as JSON on the input'
complete -c hark -n "__fish_hark_using_subcommand listen" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand listen" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand listen" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand doctor" -l for -d 'How long to listen, as 60s; 5s to each that is followed, 60s to a URL; Ctrl-C listens no longer' -r
complete -c hark -n "__fish_hark_using_subcommand doctor" -l report -d 'Write a report to attach, without secrets; it is shown first, and you are asked' -r -F
complete -c hark -n "__fish_hark_using_subcommand doctor" -l feed -d 'What it speaks; recognised where missing' -r
complete -c hark -n "__fish_hark_using_subcommand doctor" -s H -l header -d 'Send a header, as \'Name: value\'; @FILE reads such lines from a file, out of others\' sight' -r
complete -c hark -n "__fish_hark_using_subcommand doctor" -l ca -d 'Trust the authorities, or the one certificate, in this PEM file beside the system\'s' -r -F
complete -c hark -n "__fish_hark_using_subcommand doctor" -l proxy -d 'Go through this proxy, as http://host:port or socks5://host:port; none for no proxy at all' -r
complete -c hark -n "__fish_hark_using_subcommand doctor" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand doctor" -l json -d 'As one JSON object'
complete -c hark -n "__fish_hark_using_subcommand doctor" -l yes -d 'Write the report without asking'
complete -c hark -n "__fish_hark_using_subcommand doctor" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand demo" -l port -d 'The port; a free one where missing' -r
complete -c hark -n "__fish_hark_using_subcommand demo" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand demo" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand demo" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand demo" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand decode-picture" -l profile -d 'Keep everything in this folder instead of the usual ones [env: HARK_PROFILE]' -r -F
complete -c hark -n "__fish_hark_using_subcommand decode-picture" -l system -d 'The system\'s own Hark instead of yours: settings in /etc/hark, for the members of the group hark'
complete -c hark -n "__fish_hark_using_subcommand decode-picture" -s h -l help -d 'Print help'
complete -c hark -n "__fish_hark_using_subcommand decode-picture" -s V -l version -d 'Print version'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "agent" -d 'Run the agent, which keeps the connections and shows the notifications'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "open" -d 'Open the window; starts the agent if none runs'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "autostart" -d 'Start the agent with the desktop, or not'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "add" -d 'Follow a URL from now on'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "edit" -d 'Edit a subscription\'s part of the settings, in the editor that VISUAL names'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "rename" -d 'Give a subscription another name; its key stays'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "remove" -d 'Forget a subscription; its messages stay'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "pause" -d 'Pause a subscription, or all'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "resume" -d 'Resume a subscription, or all; dials at once'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "mute" -d 'Follow a subscription without notifications'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "unmute" -d 'Show a muted subscription\'s messages again'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "snooze" -d 'Show nothing of a subscription, or of all, for a while'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "wake" -d 'End the snooze of a subscription, or every snooze'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "status" -d 'Show how each connection is doing'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "messages" -d 'Show the latest messages, or find some'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "read" -d 'Mark messages as read; their notifications go away'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "delete" -d 'Delete messages'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "act" -d 'Open a message\'s link, or do what one of its buttons is for'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "history" -d 'Show when each connection was lost, why, and for how long'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "handlers" -d 'Show the commands that run when something happens, set as [[handlers]] in the settings'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "consents" -d 'Show which requests messages make without asking you, and take a yes back'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "relay" -d 'Show the relay, by which other programs of this computer follow what Hark receives'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "rules" -d 'Show what the rules of a subscription do with its latest messages, or try others'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "send" -d 'Send a message to a subscription\'s server, from which it comes as any other'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "test" -d 'Send a sample notification the whole way, and say whether the desktop took it'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "stop" -d 'Stop the agent'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "config" -d 'Say where the settings are, or whether they are well'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "export" -d 'Write your set-up as one file, to take along: settings and presets, without secrets and handlers'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "import" -d 'Take subscriptions and settings from such a file; what is here stays, and nothing in it is run'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "logs" -d 'Show the agent\'s log'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "completions" -d 'Print what a shell is to know to complete the command line; the packages bring it along'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "listen" -d 'Follow URLs in this terminal, without an agent'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "doctor" -d 'Say what is well and what is not: this computer and what is followed, or a server'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "demo" -d 'Run a small push server on this computer, to try things with'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "decode-picture" -d 'Decode one picture from the input, for the agent'
complete -c hark -n "__fish_hark_using_subcommand help; and not __fish_seen_subcommand_from agent open autostart add edit rename remove pause resume mute unmute snooze wake status messages read delete act history handlers consents relay rules send test stop config export import logs completions listen doctor demo decode-picture help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from handlers" -f -a "run" -d 'Run one once, as if something had happened'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from consents" -f -a "take-back" -d 'Ask again before messages of this subscription make such a request'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from relay" -f -a "on" -d 'Turn it on, there where it was, or at 127.0.0.1:7275'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from relay" -f -a "off" -d 'Turn it off; its part of the settings is removed'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from relay" -f -a "token" -d 'Print the token that its clients need'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where the settings file is'
complete -c hark -n "__fish_hark_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Say whether the settings can be put in force, without doing so'
