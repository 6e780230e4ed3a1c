package dev.countersign.api.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.security.Key;
import java.security.KeyFactorySpi;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;

/** A security provider with one service, the first in the list for a while. */
final class ProviderInFront {
    private static final String NAME = "InFront";

    private ProviderInFront() {}

    /** What is done while it is there. */
    interface Body {
        void run() throws Exception;
    }

    static void during(String type, String algorithm, Class<?> service, Body body) throws Exception {
        assertEquals(1, Security.insertProviderAt(new One(type, algorithm, service), 1));
        try {
            body.run();
        } finally {
            Security.removeProvider(NAME);
        }
    }

    /** The provider of the platform that comes first. */
    static Provider own(String type, String algorithm) {
        for (Provider provider : Security.getProviders()) {
            if (!provider.getName().equals(NAME) && provider.getService(type, algorithm) != null) {
                return provider;
            }
        }
        throw new IllegalStateException("no provider for " + algorithm);
    }

    private static final class One extends Provider {
        private static final long serialVersionUID = 1L;

        One(String type, String algorithm, Class<?> service) {
            super(NAME, "1", "for tests");
            put(type + "." + algorithm, service.getName());
        }
    }

    /** What no key factory of the tests does. */
    abstract static class KeyFactoryBase extends KeyFactorySpi {
        @Override
        protected PrivateKey engineGeneratePrivate(KeySpec spec) throws InvalidKeySpecException {
            throw new InvalidKeySpecException("public keys only");
        }

        @Override
        protected <T extends KeySpec> T engineGetKeySpec(Key key, Class<T> type) throws InvalidKeySpecException {
            throw new InvalidKeySpecException("public keys only");
        }

        @Override
        protected Key engineTranslateKey(Key key) {
            return key;
        }
    }
}
