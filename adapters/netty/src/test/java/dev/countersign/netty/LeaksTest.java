package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The check of the checks: a leak is seen. */
@ExtendWith(Leaks.class)
class LeaksTest {
    private static final int MOST_LOOKS = 100;

    @Test
    void aBufferThatNobodyReleasesIsReported() {
        assertEquals(ResourceLeakDetector.Level.PARANOID, ResourceLeakDetector.getLevel());
        // What looks the same is reported once in a process: so this one says which it is.
        assertTrue(UnpooledByteBufAllocator.DEFAULT
                .buffer(1)
                .touch("the leak of " + System.nanoTime())
                .isWritable());
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < MOST_LOOKS && seen.isEmpty(); i++) {
            Leaks.look();
            seen.addAll(Leaks.take());
        }
        assertEquals(1, seen.size());
    }
}
