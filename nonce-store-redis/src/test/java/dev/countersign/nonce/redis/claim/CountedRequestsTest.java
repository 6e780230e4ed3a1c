package dev.countersign.nonce.redis.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.countersign.api.store.Claim;
import dev.countersign.nonce.redis.Claims;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CountedRequestsTest {
    private static final long NOW = 1_800_000_000L;

    private final DeviceQuotas quotas = new DeviceQuotas(1, 1000);
    private final CountedRequests requests = new CountedRequests(quotas, 2);

    @Test
    void copiesInFlightShareOnePlaceAndTheLastOneGivesItBack() {
        CountedRequests.Request first = begun(requests.begin(request(1, 2, NOW)));
        CountedRequests.Request otherNonce = begun(requests.begin(request(3, 2, NOW)));
        assertNull(requests.begin(request(5, 6, NOW)), "another request: the quota is one");
        requests.end(first, request(1, 2, NOW), false, false);
        assertNull(requests.begin(request(5, 6, NOW)), "a copy is in flight");
        requests.end(otherNonce, request(3, 2, NOW), false, false);
        assertEquals(0, quotas.devices());
        begun(requests.begin(request(5, 6, NOW)));
    }

    @Test
    void aPlaceIsKeptIfAnyCopyWasStored() {
        CountedRequests.Request first = begun(requests.begin(request(1, 2, NOW)));
        CountedRequests.Request second = begun(requests.begin(request(1, 2, NOW)));
        requests.end(first, request(1, 2, NOW), true, false);
        requests.end(second, request(1, 2, NOW), false, false);
        assertEquals(0, requests.size());
        assertNull(requests.begin(request(5, 6, NOW)));
        assertNull(requests.begin(request(5, 6, NOW + Claims.KEPT)));
        begun(requests.begin(request(5, 6, NOW + Claims.KEPT + 1)));
    }

    @Test
    void aRequestOfUnknownOutcomeHasOnePlaceUntilItsDeadline() {
        for (int copy = 0; copy < 100; copy++) {
            Claim claim = request(10 + copy, 2, NOW);
            requests.end(begun(requests.begin(claim)), claim, false, true);
        }
        assertEquals(1, requests.size());
        assertNull(requests.begin(request(5, 6, NOW + Claims.KEPT)));
        begun(requests.begin(request(5, 6, NOW + Claims.KEPT + 1)));
        assertEquals(1, requests.size());
    }

    @Test
    void aCopyThatIsStoredLaterKeepsThePlaceForLonger() {
        Claim first = request(1, 2, NOW);
        CountedRequests.Request begun = begun(requests.begin(first));
        Claim later = Claims.of(Claims.PHONE, 1, 2, NOW, NOW + 50);
        CountedRequests.Request copy = begun(requests.begin(later));
        requests.end(begun, first, false, false);
        requests.end(copy, later, true, false);
        assertNull(requests.begin(request(5, 6, NOW + Claims.KEPT + 1)));
        begun(requests.begin(request(5, 6, NOW + 50 + Claims.KEPT + 1)));
    }

    @Test
    void withoutSignaturesTheNonceTellsARequest() {
        Claim claim = Claim.builder(Claims.PHONE, Claims.token(1))
                .timestamp(NOW)
                .claimedAt(NOW)
                .deadline(NOW + 310)
                .earliestDeadline(NOW + 310)
                .build();
        requests.end(begun(requests.begin(claim)), claim, false, true);
        begun(requests.begin(claim));
        assertNull(requests.begin(Claim.builder(Claims.PHONE, Claims.token(2))
                .timestamp(NOW)
                .claimedAt(NOW)
                .deadline(NOW + 310)
                .earliestDeadline(NOW + 310)
                .build()));
    }

    @Test
    void requestsOfUnknownOutcomeAreBounded() {
        CountedRequests many = new CountedRequests(new DeviceQuotas(1000, 1000), 2);
        for (int i = 0; i < 100; i++) {
            Claim claim = request(2L * i, 2L * i + 1, NOW);
            many.end(begun(many.begin(claim)), claim, false, true);
        }
        assertEquals(3, many.size(), "two, and the one that came last");
    }

    private static CountedRequests.Request begun(CountedRequests.@Nullable Request request) {
        assertNotNull(request);
        return request;
    }

    private static Claim request(long nonce, long signature, long now) {
        return Claims.of(Claims.PHONE, nonce, signature, now, now);
    }
}
