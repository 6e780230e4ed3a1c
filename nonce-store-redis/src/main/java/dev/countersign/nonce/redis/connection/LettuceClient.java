package dev.countersign.nonce.redis.connection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The Lettuce client of one store: with the user's resources and options, if there are any, but for what makes Lettuce
 * send a command twice or keep one for later.
 */
public final class LettuceClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final long CLOSE_MILLIS = 2_000;
    private static final int THREADS = 2;
    private static final int COMMANDS_OF_A_CLAIM = 2; // ASKING and the script
    private static final int BESIDE_CLAIMS = 64;

    private final RedisClient lettuce;
    private final ClientResources resources;
    private final boolean ownResources;

    public LettuceClient(@Nullable ClientResources given, @Nullable ClientOptions options, int maxInFlight) {
        this.ownResources = given == null;
        this.resources = given == null
                ? ClientResources.builder()
                        .ioThreadPoolSize(THREADS)
                        .computationThreadPoolSize(THREADS)
                        .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                        .build()
                : given;
        this.lettuce = RedisClient.create(resources);
        ClientOptions base = options == null ? ClientOptions.create() : options;
        SocketOptions socket = base.getSocketOptions();
        ClientOptions.Builder changed = base.mutate()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .protocolVersion(ProtocolVersion.RESP2)
                .pingBeforeActivateConnection(true)
                .publishOnScheduler(false)
                .requestQueueSize(COMMANDS_OF_A_CLAIM * maxInFlight + BESIDE_CLAIMS)
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .socketOptions(socket.mutate().connectTimeout(CONNECT_TIMEOUT).build());
        MaintenanceNotifications.switchOff(changed);
        lettuce.setOptions(changed.build());
    }

    public RedisClient lettuce() {
        return lettuce;
    }

    /**
     * Waits for the connections to close. Then ends all that are left, and the threads if they are its own; returns
     * when they have ended, or after a while.
     */
    public void close(CompletionStage<Void> connectionsClosing) {
        await(connectionsClosing.toCompletableFuture());
        CompletableFuture<Void> ending = lettuce.shutdownAsync(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        await(ending);
        if (ownResources) {
            await(resources.shutdown(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS));
        }
    }

    private static void await(Future<?> ending) {
        try {
            ending.get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | IllegalStateException goesOnByItself) {
            // Also where one of the threads that are to end asks for it: they end afterwards.
            return;
        }
    }
}
