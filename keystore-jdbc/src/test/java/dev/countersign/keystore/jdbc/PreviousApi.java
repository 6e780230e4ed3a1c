package dev.countersign.keystore.jdbc;

import dev.countersign.api.device.DeviceIdentity;
import dev.countersign.api.device.DeviceKey;
import dev.countersign.api.device.DevicePublicKey;
import dev.countersign.api.device.DeviceRecord;
import dev.countersign.api.device.DeviceStatus;
import dev.countersign.api.device.KeyState;
import dev.countersign.api.registry.KeyOwner;
import dev.countersign.api.registry.RegistryResult;
import dev.countersign.api.store.DeviceChanges;
import dev.countersign.api.store.ErasedDevice;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A store that was compiled against an earlier API, seen through the present one: each call goes to the method of its name, with
 * arguments made of the earlier classes, and what it gives is made of the present ones.
 */
final class PreviousApi {
    private static final String API = "dev.countersign.api.";

    private final ClassLoader earlier;

    /** @param earlier has the classes of the earlier API */
    PreviousApi(ClassLoader earlier) {
        this.earlier = earlier;
    }

    /** The store as one of the present interfaces. */
    <T> T as(Class<T> type, Object store) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) ->
                        call(store, proxy, method, arguments == null ? new Object[0] : arguments)));
    }

    private @Nullable Object call(Object store, Object proxy, Method method, @Nullable Object[] arguments)
            throws Throwable {
        for (Method each : store.getClass().getMethods()) {
            if (each.getName().equals(method.getName()) && each.getParameterCount() == arguments.length) {
                @Nullable Object[] given = new Object[arguments.length];
                for (int i = 0; i < given.length; i++) {
                    given[i] = earlier(Objects.requireNonNull(arguments[i]));
                }
                try {
                    return present(each.invoke(store, given));
                } catch (InvocationTargetException failed) {
                    throw Objects.requireNonNull(failed.getCause());
                }
            }
        }
        return InvocationHandler.invokeDefault(proxy, method, arguments);
    }

    private Object earlier(Object argument) throws ReflectiveOperationException {
        if (argument instanceof DeviceIdentity device) {
            return earlierType(argument.getClass())
                    .getConstructor(String.class, String.class)
                    .newInstance(device.appId(), device.deviceId());
        }
        if (argument instanceof DevicePublicKey key) {
            return Objects.requireNonNull(earlierType(argument.getClass())
                    .getMethod("ofPoint", byte[].class)
                    .invoke(null, (Object) key.toPoint()));
        }
        if (argument instanceof DeviceStatus status) {
            return Objects.requireNonNull(earlierType(DeviceStatus.class)
                    .getMethod("valueOf", String.class)
                    .invoke(null, status.name()));
        }
        return argument;
    }

    private Class<?> earlierType(Class<?> type) throws ClassNotFoundException {
        return Class.forName(type.getName(), true, earlier);
    }

    /** Of what the earlier classes are: stages, optionals, lists and values. */
    private static @Nullable Object present(@Nullable Object value) {
        if (value instanceof CompletionStage<?> stage) {
            return stage.thenApply(PreviousApi::present);
        }
        if (value instanceof Optional<?> optional) {
            return optional.map(PreviousApi::present);
        }
        if (value instanceof List<?> list) {
            List<Object> values = new ArrayList<>();
            list.forEach(each -> values.add(Objects.requireNonNull(present(each))));
            return values;
        }
        String type = value == null ? "" : value.getClass().getName();
        if (value == null || !type.startsWith(API)) {
            return value;
        }
        return switch (type.substring(type.lastIndexOf('.') + 1)) {
            case "DeviceIdentity" ->
                new DeviceIdentity(part(value, "appId", String.class), part(value, "deviceId", String.class));
            case "DevicePublicKey" -> DevicePublicKey.ofPoint(part(value, "toPoint", byte[].class));
            case "DeviceStatus" -> DeviceStatus.valueOf(value.toString());
            case "KeyState" -> KeyState.valueOf(value.toString());
            case "RegistryResult$Outcome" -> RegistryResult.Outcome.valueOf(value.toString());
            case "DeviceKey" ->
                DeviceKey.of(part(value, "publicKey", DevicePublicKey.class), part(value, "state", KeyState.class))
                        .withNotAfter((Instant) partOrNull(value, "notAfter"));
            case "DeviceRecord" ->
                DeviceRecord.of(
                        part(value, "identity", DeviceIdentity.class),
                        part(value, "status", DeviceStatus.class),
                        list(value, "keys", DeviceKey.class),
                        part(value, "version", Long.class));
            case "RegistryResult" ->
                RegistryResult.of(part(value, "outcome", RegistryResult.Outcome.class), (DeviceRecord)
                        partOrNull(value, "record"));
            case "KeyOwner" ->
                KeyOwner.of(part(value, "device", DeviceIdentity.class), part(value, "state", KeyState.class));
            case "ErasedDevice" ->
                ErasedDevice.of(part(value, "identity", DeviceIdentity.class), part(value, "version", Long.class));
            case "DeviceChanges" -> changes(value);
            default -> throw new AssertionError("no present form of " + type);
        };
    }

    private static DeviceChanges changes(Object value) {
        DeviceChanges changes = DeviceChanges.of(
                        list(value, "records", DeviceRecord.class), part(value, "cursor", Long.class))
                .withErased(list(value, "erased", ErasedDevice.class));
        return part(value, "isIncomplete", Boolean.class) ? changes.asIncomplete() : changes;
    }

    private static <T> List<T> list(Object value, String accessor, Class<T> type) {
        List<T> values = new ArrayList<>();
        for (Object each : part(value, accessor, List.class)) {
            values.add(type.cast(each));
        }
        return values;
    }

    private static <T> T part(Object value, String accessor, Class<T> type) {
        return type.cast(Objects.requireNonNull(partOrNull(value, accessor), accessor));
    }

    private static @Nullable Object partOrNull(Object value, String accessor) {
        try {
            return present(value.getClass().getMethod(accessor).invoke(value));
        } catch (ReflectiveOperationException changed) {
            throw new LinkageError("the earlier API has no " + accessor, changed);
        }
    }
}
