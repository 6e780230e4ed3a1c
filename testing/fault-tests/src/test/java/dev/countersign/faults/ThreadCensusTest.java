package dev.countersign.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThreadCensusTest {
    @Test
    void threadsThatStayAreNamedAndThoseThatGoAreAwaited() throws InterruptedException {
        ThreadCensus census = new ThreadCensus();
        CountDownLatch end = new CountDownLatch(1);
        Thread stays = new Thread(
                () -> {
                    try {
                        end.await();
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stays");
        stays.start();
        assertEquals(List.of("stays"), census.awaitGone(Duration.ofMillis(20)));
        end.countDown();
        assertEquals(List.of(), census.awaitGone(Duration.ofSeconds(30)));
        stays.join();
    }
}
