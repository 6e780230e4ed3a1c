package dev.countersign.api.device;

import dev.countersign.api.wire.KeyedHash;

/**
 * A user of an app, as named by a session that a partner's backend signed. Two users are equal if both ids are equal,
 * character by character. Immutable.
 *
 * <p>{@code toString()} shows the app id alone.
 */
public final class AppUser implements Signer {
    /** The longest user id, in characters. */
    public static final int MAX_LENGTH = 128;

    private final String appId;
    private final String userId;

    private AppUser(String appId, String userId) {
        this.appId = DeviceIdentity.requireId("app id", appId);
        this.userId = requireUserId(userId);
    }

    /**
     * A user of an app.
     *
     * @param appId 1 to 128 visible ASCII characters, no comma
     * @param userId 1 to {@value #MAX_LENGTH} printable ASCII characters, no blank at either end; case matters
     * @throws IllegalArgumentException if an id has another form
     */
    public static AppUser of(String appId, String userId) {
        return new AppUser(appId, userId);
    }

    @Override
    public String appId() {
        return appId;
    }

    /** The user's id, as the partner's backend gave it. */
    public String userId() {
        return userId;
    }

    private static String requireUserId(String userId) {
        boolean printable = userId.chars().allMatch(c -> c >= 0x20 && c <= 0x7E);
        if (userId.isEmpty() || userId.length() > MAX_LENGTH || !printable || !userId.equals(userId.strip())) {
            throw new IllegalArgumentException("the user id must have 1 to " + MAX_LENGTH
                    + " printable ASCII characters and no blank at either end");
        }
        return userId;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AppUser user && appId.equals(user.appId) && userId.equals(user.userId);
    }

    /** Under a secret of this process: clients choose these names. */
    @Override
    public int hashCode() {
        return KeyedHash.ofAscii(appId, userId);
    }

    @Override
    public String toString() {
        return "AppUser[" + appId + ", ...]";
    }
}
