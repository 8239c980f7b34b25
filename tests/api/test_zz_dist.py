from collections import Counter
from tests.api.test_openapi_document import *
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("key", [e.key for e in ENDPOINTS])
def test_dist(key, mode, shared_acme):
    c=Counter()
    @settings(BOUNDED, max_examples=100)
    @given(operation(key, id="acme", wid="billing").as_strategy(generation_mode=mode))
    def holds(case):
        r=case.call_and_validate(base_url=shared_acme.server.url, headers=shared_acme.authorization, checks=EVERY_CHECK)
        w=r.json()["data"] if r.content and r.status_code not in(200,) else ""
        c[(r.status_code, w[0]["status"] if w else "")]+=1
    try: holds()
    finally: print(key,mode,c)
