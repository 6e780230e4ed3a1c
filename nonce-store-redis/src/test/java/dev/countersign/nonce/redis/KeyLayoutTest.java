package dev.countersign.nonce.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.store.ReplayToken;
import dev.countersign.servers.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyLayoutTest {
    private static final int SLOT_OF_PHONE = 9451;
    private static final String KEY_OF_PHONE = "63317bebcf7d00000000000000010000000000000002";

    private final KeyLayout keys = new KeyLayout("c");

    @Test
    void aKeyHas22Bytes() {
        byte[] key = keys.token(0x1234, new ReplayToken(0x0102030405060708L, 0x090A0B0C0D0E0F10L));
        String hex = HexFormat.of().formatHex(key);
        assertEquals(22, key.length);
        assertTrue(hex.startsWith("63317b"), hex); // c1{
        assertTrue(hex.endsWith("7d0102030405060708090a0b0c0d0e0f10"), hex);
    }

    /** The layout is a promise between versions: nodes with different ones share a Redis. */
    @Test
    void theLayoutDoesNotChange() {
        DeviceIdentity phone = Claims.PHONE;
        int slot = KeyLayout.slotOf(phone);
        assertEquals(SLOT_OF_PHONE, slot);
        assertEquals(KEY_OF_PHONE, HexFormat.of().formatHex(keys.token(slot, new ReplayToken(1, 2))));
        assertArrayEquals(new byte[] {'c', '1', 'w'}, keys.witness());
    }

    @Test
    void idsThatRunTogetherAreToldApart() {
        assertNotEquals(
                KeyLayout.slotOf(new DeviceIdentity("ab", "c")), KeyLayout.slotOf(new DeviceIdentity("a", "bc")));
    }

    /** Every slot has a tag, every key of a slot lies in it, and Redis itself says so. */
    @Test
    void aRealClusterPutsEveryKeyWhereWeThink() {
        try (RedisServer redis = RedisServer.start("--cluster-enabled", "yes")) {
            RedisClient client = RedisClient.create(redis.uri());
            try (StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE)) {
                List<RedisFuture<Long>> slots = new ArrayList<>();
                for (int slot = 0; slot < KeyLayout.SLOTS; slot++) {
                    ReplayToken token = Claims.token(slot);
                    slots.add(connection.async().clusterKeyslot(keys.token(slot, token)));
                    slots.add(connection.async().clusterKeyslot(keys.witness(slot)));
                }
                for (int i = 0; i < slots.size(); i++) {
                    assertEquals(i / 2, Claims.await(slots.get(i)));
                }
                // The trap: a tag that begins with a brace is none, and the whole key is hashed.
                long one = Claims.await(connection.async().clusterKeyslot(tagged('}', 'x', 1)));
                long other = Claims.await(connection.async().clusterKeyslot(tagged('}', 'x', 2)));
                assertNotEquals(one, other, "two keys of one device, on two nodes");
                assertEquals(
                        Claims.await(connection.async().clusterKeyslot(tagged('|', 'x', 1))),
                        Claims.await(connection.async().clusterKeyslot(tagged('|', 'x', 2))));
            } finally {
                client.shutdown();
            }
        }
    }

    private static byte[] tagged(char first, char second, int token) {
        return new byte[] {'c', '1', '{', (byte) first, (byte) second, '}', (byte) token};
    }
}
