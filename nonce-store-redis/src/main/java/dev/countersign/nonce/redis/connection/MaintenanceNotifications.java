package dev.countersign.nonce.redis.connection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;

/**
 * Redis's notices that a server is about to leave, on which Lettuce would move a connection behind our back. Lettuce
 * before 7 has none; what it lacks is named in a class of its own, which is not loaded there.
 */
final class MaintenanceNotifications {
    private MaintenanceNotifications() {}

    static void switchOff(ClientOptions.Builder options) {
        try {
            OfLettuce7.switchOff(options);
        } catch (NoClassDefFoundError | NoSuchMethodError olderLettuce) {
            return;
        }
    }

    private static final class OfLettuce7 {
        static void switchOff(ClientOptions.Builder options) {
            options.maintNotificationsConfig(MaintNotificationsConfig.disabled());
        }
    }
}
