package dev.countersign.core.diagnosis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // a system's clock may overflow
    private final Admission admission = new Admission(nanos::get);

    private void aSecondPasses() {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void soManyAtATime() {
        for (int i = 0; i < Admission.AT_ONCE; i++) {
            assertTrue(admission.begin());
        }
        assertFalse(admission.begin());
        aSecondPasses();
        assertFalse(admission.begin(), "time makes no room");
        admission.end();
        assertTrue(admission.begin());
        assertFalse(admission.begin());
    }

    @Test
    void soManyASecond() {
        assertEquals(Admission.BEGUN_A_SECOND, begunOneAfterTheOther());
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1) - 1);
        assertFalse(admission.begin());
        nanos.incrementAndGet();
        assertEquals(Admission.BEGUN_A_SECOND, begunOneAfterTheOther());
    }

    private int begunOneAfterTheOther() {
        int begun = 0;
        while (admission.begin()) {
            admission.end();
            begun++;
        }
        return begun;
    }

    @Test
    void soManyAreExplainedASecond() {
        for (int second = 0; second < 2; second++) {
            for (int i = 0; i < Admission.EXPLAINED_A_SECOND; i++) {
                assertTrue(admission.explain());
            }
            assertFalse(admission.explain());
            assertFalse(admission.explain());
            aSecondPasses();
        }
    }

    @Test
    void soManyBytesOfBodiesASecond() {
        assertTrue(admission.takeBody((int) Admission.BODY_BYTES_A_SECOND));
        assertTrue(admission.takeBody(0));
        assertFalse(admission.takeBody(1));
        aSecondPasses();
        assertTrue(admission.takeBody(1));
        assertFalse(admission.takeBody((int) Admission.BODY_BYTES_A_SECOND));
    }
}
