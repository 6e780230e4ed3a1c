// What the examples of documents and Javadoc use besides the JDK and the libraries. Read by SnippetsTest, which adds the imports.
abstract class Names {
    DataSource dataSource;
    ServletContext context;
    PublicKeyStore keyStore;
    NonceStore nonceStore;
    DeviceRegistry deviceRegistry;
    JdbcKeyStore store;
    KeyCache cache;
    KeyCache keys;
    NonceStore nonces;
    DeviceRegistry registry;
    RequestVerifier verifier;
    VerificationListener listener;
    RequestHead head;
    MutableClock clock;
    InMemoryDeviceRegistry devices;
    TestDevice phone;
    int port;
    byte[] message;
    byte[] body;
    ByteBuffer chunk;
    Executor eventLoop;
    String method;
    String rawTarget;
    List<Map.Entry<String, String>> headerLines;
    DeviceIdentity device;
    DevicePublicKey key;
    String deviceId;
    String lastId;
    String text;
    byte[] challenge;
    byte[] signature;
    byte[] redactionKey;
    PrivateKey privateKey;
    Instant replacedAt;
    List<DeviceRecord> fleet;
    List<DeviceRecord> records;
    List<ErasedDevice> erased;
    long cursor;
    Log log;

    abstract Object serve(DeviceIdentity device);

    abstract Object send(ErrorAnswer answer);

    abstract Object handle(DeviceIdentity device, byte[] body);

    abstract Object respond(int status, Map<String, String> headers, byte[] body);

    abstract void respond(Verdict verdict);

    abstract Counter counter(String name);

    interface Counter {
        void increment();
    }

    interface Log {
        void info(String text);

        void warn(String format, Object value);
    }
}
