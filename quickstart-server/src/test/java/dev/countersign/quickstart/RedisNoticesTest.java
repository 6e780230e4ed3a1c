package dev.countersign.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.countersign.api.store.NonceStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisNoticesTest {
    @Test
    void eachEventIsALine() {
        List<String> lines = new ArrayList<>();
        RedisNotices notices = new RedisNotices(lines::add);
        notices.outageBegan("h:1", "no connection");
        notices.outageReasonChanged("h:1", "the connection was refused");
        notices.outageEnded("h:1", Duration.ofMillis(1500));
        notices.primaryChanged("h:2");
        notices.watchingSince("h:2", 17, "it is new");
        notices.watchingSince("h:2", NonceStore.ALWAYS, "nobody is refused for that");
        notices.serverClockLeapt("h:2", Duration.ofSeconds(3));
        assertEquals(
                List.of(
                        "Redis h:1: requests are answered with 503 from now on: no connection",
                        "Redis h:1: still not in use: the connection was refused",
                        "Redis h:1: in use again after 1500 ms",
                        "Redis h:2: another process than before",
                        "Redis h:2: requests signed up to the Unix second 17 get a 503 (it is new)",
                        "Redis h:2: its clock leapt ahead by 3000 ms"),
                lines);
    }
}
