package dev.countersign.faults;

/** What a run is counted by. */
enum Count {
    ACCEPTED("genuine requests accepted"),
    ACCEPTED_WITHOUT_KEYS("of them while the node was cut off from its key database"),
    REPLAYS_TRIED("replays tried"),
    REPLAYS_REFUSED("of them refused as replays"),
    FORGERIES_REFUSED("forgeries refused"),
    UNAVAILABLE("genuine requests answered 503"),
    NOT_WATCHING_YET("of them signed before the store was watching"),
    FAILED_CLAIMS("claims that failed"),
    UNKNOWN_OUTCOMES("of them sent, and nobody learned the outcome"),
    UNKNOWN_REMEMBERED("of them found remembered later"),
    UNKNOWN_NOT_REMEMBERED("of them found not remembered later"),
    REGISTRATIONS("devices registered"),
    ROTATIONS("keys rotated"),
    NEW_KEY_REFUSED("requests of new keys refused, the reading before a rejection used up by a stranger"),
    REVOCATIONS("devices revoked"),
    REVOKED_REFUSED("requests of revoked devices refused"),
    NEW_PRIMARIES("changes of primary that stores reported"),
    EXCUSED("requests accepted twice over a reported change of primary"),
    KILLS("processes killed"),
    TRANSACTIONS_KILLED("of them in the middle of a transaction"),
    PAUSES("processes stopped"),
    CUTS("connections cut"),
    ANSWERS_LOST("answers lost"),
    HELD("times bytes were held back"),
    SLOWED("times answers were slowed down"),
    FAILOVERS("failovers"),
    SLOTS_MOVED("times slots moved"),
    EMPTIED("times data were deleted");

    private final String words;

    Count(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}
