package dev.countersign.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Hears of each leak that Netty's detector reports, at its level paranoid, and fails the class in which one was seen. */
final class Leaks implements BeforeAllCallback, AfterAllCallback {
    private static final int ROUNDS = 3;
    private static final long GC_MILLIS = 20_000;
    private static final List<String> SEEN = new CopyOnWriteArrayList<>();

    static {
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Reporting());
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    /** What was reported and not yet taken. */
    static List<String> take() {
        List<String> taken = List.copyOf(SEEN);
        SEEN.removeAll(taken);
        return taken;
    }

    /** Has the detector look: it does with each allocation, after garbage has been collected. */
    static void look() {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        Reference<Object> canary = new WeakReference<>(new Object(), collected);
        try {
            System.gc();
            assertSame(canary, collected.remove(GC_MILLIS), "no garbage was collected");
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
        for (ByteBuf buffer :
                List.of(PooledByteBufAllocator.DEFAULT.buffer(1), UnpooledByteBufAllocator.DEFAULT.buffer(1))) {
            buffer.release();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // The static part has run.
    }

    @Override
    public void afterAll(ExtensionContext context) {
        for (int round = 0; round < ROUNDS; round++) {
            look();
        }
        assertEquals(List.of(), take());
    }

    private static final class Reporting extends ResourceLeakDetectorFactory {
        @Override
        @SuppressWarnings("deprecation") // the one that has to be overridden
        public <T> ResourceLeakDetector<T> newResourceLeakDetector(
                Class<T> resource, int samplingInterval, long maxActive) {
            return new Detector<>(resource, samplingInterval);
        }
    }

    private static final class Detector<T> extends ResourceLeakDetector<T> {
        Detector(Class<T> resource, int samplingInterval) {
            super(resource, samplingInterval);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String resourceType, String records) {
            SEEN.add(resourceType + records);
        }

        @Override
        protected void reportUntracedLeak(String resourceType) {
            SEEN.add(resourceType);
        }
    }
}
