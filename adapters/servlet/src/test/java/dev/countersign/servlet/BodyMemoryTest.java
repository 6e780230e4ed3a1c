package dev.countersign.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Room for bodies: what is refused takes none of it, not for a moment. */
@Timeout(60)
class BodyMemoryTest {
    private static final long MOST = 1 << 20;

    @Test
    void largeBodiesLeaveAQuarter() {
        BodyMemory memory = new BodyMemory(MOST);
        assertTrue(memory.take(MOST / 4 * 3, BodyMemory.SMALL));
        assertFalse(memory.take(1, BodyMemory.SMALL));
        assertTrue(memory.take(BodyMemory.SMALL, 0));
        assertFalse(memory.take(1, BodyMemory.SMALL));
        memory.give(MOST / 4 * 3 + BodyMemory.SMALL);
        assertEquals(0, memory.used());
    }

    @Test
    void largeBodiesThatAreRefusedDoNotPushSmallOnesOut() {
        BodyMemory memory = new BodyMemory(MOST);
        assertTrue(memory.take(MOST / 4 * 3, BodyMemory.SMALL));
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Integer>> floods = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            floods.add(CompletableFuture.supplyAsync(
                    () -> {
                        int taken = 0;
                        while (!over.get()) {
                            taken += memory.take(MOST / 4, BodyMemory.SMALL) ? 1 : 0;
                        }
                        return taken;
                    },
                    task -> new Thread(task).start()));
        }
        int refused = 0;
        for (int i = 0; i < 200_000; i++) {
            if (memory.take(1024, 0)) {
                memory.give(1024);
            } else {
                refused++;
            }
        }
        over.set(true);
        for (CompletableFuture<Integer> flood : floods) {
            assertEquals(0, flood.join());
        }
        assertEquals(0, refused, "small bodies that found no room");
        assertEquals(MOST / 4 * 3, memory.used());
    }
}
